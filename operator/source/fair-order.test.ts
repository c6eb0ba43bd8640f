import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FairOrder } from './fair-order.ts';

const any = () => true;

test('groups take turns, each in its own order', () => {
  const order = new FairOrder<string>();
  for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) order.add(item.slice(0, 1), item);
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7].map(() => order.take(any)),
    ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', undefined],
  );
});

test('a group whose items are not ready does not lose its turn to come', () => {
  const order = new FairOrder<string>();
  for (const item of ['a1', 'b1', 'a2', 'b2']) order.add(item.slice(0, 1), item);
  assert.equal(
    order.take((item) => item !== 'a1'),
    'a2',
  );
  assert.equal(order.take(any), 'b1');
  assert.equal(order.take(any), 'a1');
});

test('what is removed is not taken', () => {
  const order = new FairOrder<string>();
  for (const item of ['a1', 'a2', 'b1']) order.add(item.slice(0, 1), item);
  assert.deepEqual(
    order.remove((item) => item.endsWith('1')),
    ['a1', 'b1'],
  );
  assert.deepEqual(order.list(), ['a2']);
});
