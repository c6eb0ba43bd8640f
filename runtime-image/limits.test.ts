import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Places } from './limits.ts';

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
