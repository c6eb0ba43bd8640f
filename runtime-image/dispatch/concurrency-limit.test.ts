import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdMs, overdueAfterMs, Places } from './concurrency-limit.ts';

test('gives no more places than there are', () => {
  const places = new Places(2);
  assert.deepEqual([places.take(), places.take(), places.take()], [true, true, false]);
  places.give();
  assert.equal(places.take(), true);
});

test('without a limit there is always a place', () => {
  const places = new Places(0);
  assert.deepEqual([places.take(), places.take()], [true, true]);
  places.markOverdue();
  assert.equal(places.stuck, false);
});

test('is stuck when every place is held by a handler that does not end', () => {
  const places = new Places(2);
  places.markOverdue();
  assert.equal(places.stuck, false);
  places.markOverdue();
  assert.equal(places.stuck, true);
  places.unmarkOverdue();
  assert.equal(places.stuck, false);
});

test('a handler is overdue ten seconds after its time was up, also when its client left before', () => {
  assert.equal(overdueAfterMs({ why: 'timeout' }, 5_000), 10_000);
  assert.equal(overdueAfterMs({ why: 'gone' }, 5_000), 15_000);
  assert.equal(overdueAfterMs({ why: 'gone' }, 0), undefined);
});

test('a place that is given back goes to whoever is held longest, never to two', async () => {
  const places = new Places(1);
  places.take();
  const first = places.await(10_000);
  const second = places.await(10_000);
  places.give();
  assert.equal(await first.taken, true);
  assert.equal(places.take(), false);
  assert.equal(places.taken, 1);
  second.cancel();
  assert.equal(await second.taken, false);
  places.give();
  assert.equal(places.taken, 0);
});

test('who is held in vain is told in time', async () => {
  const places = new Places(1);
  places.take();
  assert.equal(await places.await(5).taken, false);
  places.give();
  assert.equal(places.take(), true);
});

test('only so many are held', async () => {
  const places = new Places(1);
  places.take();
  const held = Array.from({ length: 256 }, () => places.await(10_000));
  assert.equal(await places.await(10_000).taken, false);
  for (const { cancel } of held) cancel();
});

test('a request is held no longer than a second, and not at all when it does not say so', () => {
  assert.deepEqual([undefined, '', 'soon', '-1', '50', '1e9'].map(holdMs), [0, 0, 0, 0, 50, 1_000]);
});
