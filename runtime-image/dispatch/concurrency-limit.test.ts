import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConcurrencyLimit, holdMs, overdueAfterMs } from './concurrency-limit.ts';

test('gives no more places than there are', () => {
  const limit = new ConcurrencyLimit(2);
  assert.deepEqual([limit.tryAcquire(), limit.tryAcquire(), limit.tryAcquire()], [true, true, false]);
  limit.release();
  assert.equal(limit.tryAcquire(), true);
});

test('without a limit there is always a place', () => {
  const limit = new ConcurrencyLimit(0);
  assert.deepEqual([limit.tryAcquire(), limit.tryAcquire()], [true, true]);
  limit.markOverdue();
  assert.equal(limit.stuck, false);
});

test('is stuck when every place is held by a handler that does not end', () => {
  const limit = new ConcurrencyLimit(2);
  limit.markOverdue();
  assert.equal(limit.stuck, false);
  limit.markOverdue();
  assert.equal(limit.stuck, true);
  limit.unmarkOverdue();
  assert.equal(limit.stuck, false);
});

test('a handler is overdue ten seconds after its time was up, also when its client left before', () => {
  assert.equal(overdueAfterMs({ why: 'timeout' }, 5_000), 10_000);
  assert.equal(overdueAfterMs({ why: 'gone' }, 5_000), 15_000);
  assert.equal(overdueAfterMs({ why: 'gone' }, 0), undefined);
});

test('a place that is given back goes to the request that is held longest, and to no other', async () => {
  const limit = new ConcurrencyLimit(1);
  limit.tryAcquire();
  const first = limit.acquire(10_000);
  const second = limit.acquire(10_000);
  limit.release();
  assert.equal(await first.acquired, true);
  assert.equal(limit.tryAcquire(), false);
  assert.equal(limit.taken, 1);
  second.cancel();
  assert.equal(await second.acquired, false);
  limit.release();
  assert.equal(limit.taken, 0);
});

test('a request that got no place hears of it when its time is up', async () => {
  const limit = new ConcurrencyLimit(1);
  limit.tryAcquire();
  assert.equal(await limit.acquire(5).acquired, false);
  limit.release();
  assert.equal(limit.tryAcquire(), true);
});

test('only so many are held', async () => {
  const limit = new ConcurrencyLimit(1);
  limit.tryAcquire();
  const held = Array.from({ length: 256 }, () => limit.acquire(10_000));
  assert.equal(await limit.acquire(10_000).acquired, false);
  for (const { cancel } of held) cancel();
});

test('a request is held no longer than a second, and not at all when it does not say so', () => {
  assert.deepEqual([undefined, '', 'soon', '-1', '50', '1e9'].map(holdMs), [0, 0, 0, 0, 50, 1_000]);
});
