import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromSql, toSql } from './text.ts';

test('what PostgreSQL cannot hold comes back as it was, and is no other text there', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('\0', '\\', '0', 'a', 'é', '😀')), (signs) => {
      const text = signs.join('');
      assert.equal(fromSql(toSql(text)), text);
      assert.ok(!toSql(text).includes('\0'));
    }),
  );
  assert.equal(toSql('tick@1'), 'tick@1');
  assert.equal(toSql(undefined), null);
  assert.equal(fromSql(null), undefined);
});
