import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyShares } from './key-shares.ts';

test('a namespace has its share of all, and its functions have theirs of that; one that comes counts already', () => {
  const shares = new KeyShares(12);
  const owner = (namespace: string) => ({ keys: 0, namespace });
  const [large, small, other, coming] = [owner('shop'), owner('shop'), owner('web'), owner('new')];
  for (let i = 0; i < 7; i += 1) shares.count(large, 1);
  shares.count(small, 1);
  for (let i = 0; i < 4; i += 1) shares.count(other, 1);
  const all = [large, small, other];
  assert.deepEqual(
    all.map((one) => shares.excess(one, small)),
    [2, 1, 0],
  );
  assert.deepEqual(
    all.map((one) => shares.excess(one, other)),
    [2, 1, 0],
  );
  assert.deepEqual(
    all.map((one) => shares.excess(one, coming)),
    [2, 1, 0],
  );
  shares.count(other, 1);
  assert.equal(shares.excess(other, coming), 2);
  for (let i = 0; i < 7; i += 1) shares.count(large, -1);
  assert.deepEqual([shares.excess(small, coming), shares.excess(other, small)], [0, 0]);
});
