import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestIds } from './request-id.ts';

test('two hundred thousand ids are two hundred thousand UUIDs', () => {
  const ids = new RequestIds();
  const seen = new Set<string>();
  for (let i = 0; i < 200_000; i += 1) seen.add(ids.next());
  assert.equal(seen.size, 200_000);
  for (const id of [...seen].slice(0, 100))
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
