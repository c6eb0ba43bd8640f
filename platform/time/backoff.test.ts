import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffMs } from './backoff.ts';

const policy = { baseMs: 100, maxMs: 1_000 };

test('doubles with each attempt and stops at the maximum', () => {
  const delays = [1, 2, 3, 4, 5, 1_000].map((attempt) => backoffMs(attempt, policy, 0.999_999));
  assert.deepEqual(delays.map(Math.round), [100, 200, 400, 800, 1_000, 1_000]);
});

test('keeps at least half of the delay whatever the dice say', () => {
  assert.equal(backoffMs(1, policy, 0), 50);
  assert.equal(backoffMs(9, policy, 0), 500);
});
