import assert from 'node:assert/strict';
import { test } from 'node:test';
import { longestMs } from './assignment.ts';
import { readEnvironment } from './loading/environment.ts';

const longest = (timeoutSeconds: string, asyncTimeoutSeconds?: string) => {
  const env = { CATNAP_TIMEOUT_SECONDS: timeoutSeconds, CATNAP_ASYNC_TIMEOUT_SECONDS: asyncTimeoutSeconds };
  return longestMs(readEnvironment(env).assignment);
};

test('the longest call is a request or a delivery, and has no end where requests have none', () => {
  assert.equal(longest('60'), 60_000);
  assert.equal(longest('60', '900'), 900_000);
  assert.equal(longest('60', '5'), 60_000);
  assert.equal(longest('0', '900'), 0);
});
