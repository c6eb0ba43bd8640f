import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outbox } from './outbox.ts';

test('of what waits about the same thing the newest is sent, in the order in which it was said', () => {
  const outbox = new Outbox(3);
  for (const [subject, line] of [
    ['a', 'a1'],
    ['b', 'b1'],
    ['a', 'a2'],
  ] as const)
    assert.equal(outbox.add(subject, line), false);
  assert.deepEqual([outbox.take(), outbox.take(), outbox.take()], ['b1', 'a2', undefined]);
});

test('of too many the oldest is lost', () => {
  const outbox = new Outbox(2);
  assert.deepEqual(
    ['a', 'b', 'c'].map((subject) => outbox.add(subject, subject)),
    [false, false, true],
  );
  assert.deepEqual([outbox.take(), outbox.size, outbox.clear(), outbox.size], ['b', 1, 1, 0]);
});
