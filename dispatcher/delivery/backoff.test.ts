import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryDelayMs } from './backoff.ts';

const policy = { minBackoffMs: 1_000, maxBackoffMs: 300_000 };

test('the longest wait doubles with each attempt up to the bound', () => {
  const waits = [1, 2, 3, 9, 10, 100, 5_000].map((attempt) => retryDelayMs(attempt, policy, 0.999_999_9));
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 256_000, 300_000, 300_000, 300_000]);
});

test('a wait is any part of that, none at all too', () => {
  assert.deepEqual([retryDelayMs(3, policy, 0), retryDelayMs(3, policy, 0.5)], [0, 2_000]);
});
