import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, percentile } from './statistics.ts';

test('the median of an even number of figures lies between the two in the middle', () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([3, 1, 2]), 2);
});

test('a percentile interpolates between its neighbours', () => {
  assert.equal(percentile([10, 20, 30, 40, 50], 95), 48);
});
