import assert from 'node:assert/strict';
import { test } from 'node:test';
import { table } from './table.ts';

test('columns are as wide as their widest cell, whatever its colour', () => {
  const text = table(
    ['NAME', 'READY'],
    [
      ['a-long-name', '\x1b[32mTrue\x1b[39m'],
      ['b', ''],
    ],
  );
  assert.equal(text, 'NAME          READY\na-long-name   \x1b[32mTrue\x1b[39m\nb');
});
