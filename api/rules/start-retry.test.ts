import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mendsItself, retryAfterMs } from './start-retry.ts';

test('what is missing around a function is looked for again every ten seconds', () => {
  assert.equal(mendsItself('SecretNotFound'), true);
  assert.deepEqual(
    [1, 2, 50].map((count) => retryAfterMs('QuotaExceeded', count)),
    [10_000, 10_000, 10_000],
  );
});

test('what crashes is started again ever more seldom, at least every five minutes', () => {
  assert.equal(mendsItself('CrashLoop'), false);
  assert.deepEqual(
    [0, 1, 2, 3, 5, 6, 7, 2_000].map((count) => retryAfterMs('CrashLoop', count) / 1000),
    [10, 10, 20, 40, 160, 300, 300, 300],
  );
});
