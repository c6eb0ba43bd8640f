import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Course, nextLookAtMs, passedLimit, tooLarge } from './time-limits.ts';

const limits = { totalMs: 60_000, firstByteMs: 5_000, idleMs: 2_000 };
const none = { totalMs: 0, firstByteMs: 0, idleMs: 0 };
const course = (values: Partial<Course> = {}): Course => ({
  admittedAtMs: 1_000,
  begun: false,
  flowing: false,
  lastByteAtMs: 1_000,
  ...values,
});
const codeAt = (nowMs: number, of: Course) => passedLimit(limits, of, nowMs)?.code;

test('without limits nothing is ever passed', () => {
  assert.equal(nextLookAtMs(none, course(), 1_000), Number.POSITIVE_INFINITY);
  assert.equal(passedLimit(none, course({ flowing: true }), 1e12), undefined);
});

test('the first byte is awaited until the answer begins', () => {
  assert.equal(codeAt(5_999, course()), undefined);
  assert.equal(codeAt(6_000, course()), 'FirstByteTimeout');
  assert.equal(codeAt(6_000, course({ begun: true, flowing: true, lastByteAtMs: 5_000 })), undefined);
});

test('a function that thinks is not idle; a stream that stands still is', () => {
  assert.equal(codeAt(4_000, course()), undefined);
  assert.equal(codeAt(4_000, course({ flowing: true })), 'IdleTimeout');
  assert.equal(codeAt(4_000, course({ flowing: true, lastByteAtMs: 2_001 })), undefined);
});

test('the whole is limited whatever flows', () => {
  const flowing = course({ begun: true, flowing: true, lastByteAtMs: 60_999 });
  assert.equal(codeAt(60_999, flowing), undefined);
  assert.equal(codeAt(61_000, flowing), 'Timeout');
});

test('looks again when the first limit could be passed', () => {
  assert.equal(nextLookAtMs(limits, course(), 1_000), 3_000);
  assert.equal(nextLookAtMs({ ...limits, idleMs: 0 }, course(), 1_000), 6_000);
  assert.equal(nextLookAtMs({ ...limits, idleMs: 0 }, course({ begun: true }), 1_000), 61_000);
  assert.equal(nextLookAtMs(limits, course({ begun: true, flowing: true, lastByteAtMs: 8_000 }), 8_500), 10_000);
});

test('a body may be as large as the limit', () => {
  assert.equal(tooLarge(10, 10), undefined);
  assert.equal(tooLarge(1e12, 0), undefined);
  assert.equal(tooLarge(11, 10)?.code, 'BodyTooLarge');
});
