import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Histogram } from './histogram.ts';

test('counts what is at most as large as each bound, and all of it', () => {
  const histogram = new Histogram([1, 2, 5]);
  for (const value of [0, 1, 1.5, 5, 7]) histogram.observe(value);
  assert.deepEqual(histogram.cumulative(), [2, 3, 4]);
  assert.equal(histogram.count, 5);
  assert.equal(histogram.sum, 14.5);
});
