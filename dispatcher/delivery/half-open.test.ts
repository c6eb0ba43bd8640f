import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowed, failed, type Pause, probed } from './half-open.ts';

const policy = { firstMs: 1_000, maxMs: 30_000, maxAskedMs: 300_000 };
const failedAt = (pause: Pause | undefined, nowMs: number, askedMs?: number) =>
  failed(pause, { begunAtMs: nowMs, nowMs, askedMs }, policy);

test('without a failure as many as one likes are allowed', () => {
  assert.equal(allowed(undefined, 0), Number.POSITIVE_INFINITY);
});

test('after a failure nothing is allowed for a while, then one', () => {
  const pause = failedAt(undefined, 100);
  assert.deepEqual([allowed(pause, 1_099), allowed(pause, 1_100)], [0, 1]);
});

test('the pause doubles with each probe that fails, up to the bound', () => {
  let pause: Pause | undefined;
  const delays = [1, 2, 3, 4, 5, 6, 50].map(() => {
    pause = failedAt(pause, pause?.untilMs ?? 0);
    return pause.delayMs;
  });
  assert.deepEqual(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test('many that were under way and fail together are one failure', () => {
  const first = failed(undefined, { begunAtMs: 0, nowMs: 100 }, policy);
  for (const begunAtMs of [0, 90, 100]) assert.equal(failed(first, { begunAtMs, nowMs: 150 }, policy), first);
});

test('a probe that takes long does not hold up the next one', () => {
  const pause = probed(failedAt(undefined, 0), 1_000);
  assert.deepEqual([allowed(pause, 1_999), allowed(pause, 2_000)], [0, 1]);
});

test('Retry-After is waited for where it is longer, within its bound', () => {
  assert.equal(failedAt(undefined, 0, 20_000).untilMs, 20_000);
  assert.equal(failedAt(undefined, 0, 10).untilMs, 1_000);
  assert.equal(failedAt(undefined, 0, 86_400_000).untilMs, 300_000);
});
