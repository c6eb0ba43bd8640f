import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compared, inTurn } from './rounds.ts';

test('ways are read one after the other in each round', async () => {
  const order: string[] = [];
  const readings = await inTurn(['a', 'b'], 2, async (way) => order.push(way));
  assert.deepEqual(order, ['a', 'b', 'a', 'b']);
  assert.deepEqual(readings, { a: [1, 3], b: [2, 4] });
});

test('a round in which the whole machine was slow does not change the ratio', () => {
  assert.deepEqual(compared([50, 5, 52], [100, 10, 104], '/s'), { figure: 50, baseline: 100, unit: '/s', ratio: 0.5 });
});
