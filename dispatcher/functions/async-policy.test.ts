import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Async } from '#api/function-async.ts';
import { type AsyncOwner, type AsyncPolicy, asyncPolicy } from './async-policy.ts';

const owner: AsyncOwner = { uid: 'u', namespace: 'team', name: 'mail' };

test('what a Function leaves out is as its schema says', () => {
  assert.deepEqual(asyncPolicy(owner), asyncPolicy(owner, Async.parse({})));
  assert.deepEqual(asyncPolicy(owner, {}), asyncPolicy(owner));
});

test('what a Function says is in milliseconds and bytes', () => {
  const policy: AsyncPolicy = asyncPolicy(owner, {
    mode: 'Always',
    timeoutSeconds: 60,
    retry: { maxAttempts: 3, minBackoffSeconds: 2, maxBackoffSeconds: 10 },
    maxAgeSeconds: 100,
    maxConcurrency: 7,
    result: { seconds: 0, maxBytes: '1Ki' },
  });
  assert.deepEqual(policy, {
    ...owner,
    timeoutMs: 60_000,
    maxAttempts: 3,
    minBackoffMs: 2_000,
    maxBackoffMs: 10_000,
    maxAgeMs: 100_000,
    maxConcurrency: 7,
    resultMs: 0,
    maxResultBytes: 1_024,
  });
});

test('no more of an answer is kept than 1 MiB, whatever the Function says', () => {
  assert.equal(asyncPolicy(owner, { result: { maxBytes: '1Gi' } }).maxResultBytes, 1_048_576);
});

test('what cannot be read counts as left out', () => {
  const broken = {
    timeoutSeconds: 'long' as unknown as number,
    retry: { maxAttempts: Number.NaN, minBackoffSeconds: -1 },
    result: { maxBytes: 'much' },
  };
  assert.deepEqual(asyncPolicy(owner, broken), asyncPolicy(owner));
});

test('the longest wait is at least the first, and there is at least one attempt and one delivery', () => {
  const policy = asyncPolicy(owner, {
    retry: { maxAttempts: 0, minBackoffSeconds: 20, maxBackoffSeconds: 10 },
    maxConcurrency: 0,
  });
  assert.deepEqual([policy.maxBackoffMs, policy.maxAttempts, policy.maxConcurrency], [20_000, 1, 1]);
});
