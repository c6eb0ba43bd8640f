import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, median } from './slowdown.ts';

const RULE = { floorMs: 10, capMs: 1_000 };

test('three times the median before is allowed, more is not', () => {
  assert.equal(judge([20, 20, 20], [60, 60, 60], RULE).wrong, undefined);
  assert.match(String(judge([20, 20, 20], [61, 61, 61], RULE).wrong), /median 61\.0 ms, before 20\.0 ms/);
});

test('times below the floor count as the floor', () => {
  assert.equal(judge([0.5, 0.5, 0.5], [29, 29, 29], RULE).wrong, undefined);
});

test('a single one beyond the cap is a failure, whatever the median', () => {
  assert.match(String(judge([1, 1, 1], [1, 1, 1_001], RULE).wrong), /the longest took 1001 ms/);
});

test('nothing measured is a failure', () => {
  assert.match(String(judge([], [1, 1, 1], RULE).wrong), /only 0 and 3/);
  assert.match(String(judge([1, 1, 1], [], RULE).wrong), /only 3 and 0/);
});

test('the median of nothing is 0', () => {
  assert.equal(median([]), 0);
  assert.equal(median([3, 1, 2]), 2);
});
