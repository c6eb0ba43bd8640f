import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overdueAfterMs, Places } from './limits.ts';

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
