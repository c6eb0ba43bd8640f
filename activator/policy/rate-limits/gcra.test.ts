import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '#platform/testing/seeded.ts';
import { charge, type Rate, rateOf, remaining, take } from './gcra.ts';

/** How many of these requests a fresh key is let through with. @param timesMs ascending */
function allowedOf(rate: Rate, timesMs: readonly number[], share?: number): number {
  let tatMs = 0;
  return timesMs.filter((nowMs) => {
    const verdict = take(rate, tatMs, nowMs, share);
    tatMs = verdict.tatMs;
    return verdict.allowed;
  }).length;
}

const every = (stepMs: number, forMs: number, fromMs = 1_000) =>
  Array.from({ length: Math.floor(forMs / stepMs) }, (_, i) => fromMs + i * stepMs);

test('a burst is let through at once, and no request more', () => {
  const rate = rateOf({ requests: 3, seconds: 10, burst: 3 });
  assert.equal(allowedOf(rate, [1000, 1000, 1000, 1000, 1001]), 3);
});

test('what is refused costs nothing, and after the time that was named a request is let through', () => {
  const rate = rateOf({ requests: 3, seconds: 10, burst: 3 });
  const tatMs = [0, 1, 2].reduce((tat) => take(rate, tat, 1000).tatMs, 0);
  const refused = take(rate, tatMs, 1000);
  assert.equal(refused.allowed, false);
  assert.equal(refused.tatMs, tatMs);
  assert.ok(Math.abs(refused.retryMs - 10_000 / 3) < 1);
  assert.equal(take(rate, tatMs, 1000 + refused.retryMs).allowed, true);
  assert.equal(take(rate, tatMs, 1000 + refused.retryMs - 200).allowed, false);
});

test('under any load as much is let through as the burst and the rate make together', () => {
  const rate = rateOf({ requests: 50, seconds: 1, burst: 10 });
  assert.equal(allowedOf(rate, every(1, 60_000)), 10 + 50 * 60 - 1);
});

test('no window ever has more than the burst and what was filled up within it', () => {
  const random = seeded(7);
  const rate = rateOf({ requests: 7, seconds: 3, burst: 5 });
  let nowMs = 0;
  const times = Array.from({ length: 3_000 }, () => (nowMs += random() * 700));
  let tatMs = 0;
  const through = times.filter((at) => {
    const verdict = take(rate, tatMs, at);
    tatMs = verdict.tatMs;
    return verdict.allowed;
  });
  const most = through.map((from) => through.filter((at) => at >= from && at < from + 3_000).length);
  assert.ok(Math.max(...most) <= 5 + 7);
});

test('the burst is exact for rates whose time between two requests is no round number', () => {
  for (const [requests, seconds] of [
    [7, 3],
    [1_000_000, 1],
    [3, 86_400],
    [1, 1],
  ] as const) {
    const rate = rateOf({ requests, seconds, burst: requests });
    const tries = Math.min(requests + 5, 2_000);
    const at = 1e9 + 0.123;
    assert.equal(
      allowedOf(
        rate,
        Array.from({ length: tries }, () => at),
      ),
      Math.min(requests, tries),
    );
  }
});

test('a share of the rate lets a share through, and never nothing at all', () => {
  const rate = rateOf({ requests: 100, seconds: 1, burst: 100 });
  const half = allowedOf(rate, every(1, 10_000), 0.5);
  assert.ok(Math.abs(half - (50 + 500)) <= 2, `${half}`);
  assert.equal(allowedOf(rateOf({ requests: 1, seconds: 1, burst: 1 }), every(10, 10_000), 0.25), 3);
});

test('a debt to other gateways is paid off before the next request, and is bounded', () => {
  const rate = rateOf({ requests: 10, seconds: 1, burst: 10 });
  const at = { nowMs: 1_000, withinMs: 0, latestMs: 3_000 };
  const owed = charge(rate, 0, 15, at);
  assert.equal(owed, 2_500);
  assert.equal(take(rate, owed, 1_000).allowed, false);
  assert.equal(take(rate, owed, 1_600).allowed, true);
  assert.equal(charge(rate, 0, 1e9, at), 3_000);
  assert.equal(charge(rate, 9_000, 5, at), 9_000);
});

test('what others used while nothing was used here is filled up again since', () => {
  const rate = rateOf({ requests: 50, seconds: 1, burst: 1 });
  const at = { nowMs: 1_000, withinMs: 200, latestMs: 9_000 };
  assert.equal(charge(rate, 0, 10, at), 1_000);
  assert.equal(charge(rate, 1_000, 10, at), 1_200);
});

test('tells how many requests are left', () => {
  const rate = rateOf({ requests: 3, seconds: 10, burst: 3 });
  const first = take(rate, 0, 1_000);
  assert.equal(remaining(rate, 0, 1_000), 3);
  assert.equal(remaining(rate, first.tatMs, 1_000), 2);
  assert.equal(remaining(rate, 1e6, 1_000), 0);
});
