import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outcomesIn, refusalFor, refusalIn } from './entry-outcomes.ts';

const ID = '018bcfe5-6800-7abc-8def-0123456789ab';
const read = (text: string, count: number) =>
  outcomesIn(Buffer.from(text), count).map((one) => ('code' in one ? one.code : one.outcome));

test('each entry has its outcome', () => {
  const outcomes = [
    { outcome: 'accepted' },
    { outcome: 'exists', id: ID, state: 'running' },
    { outcome: 'conflict', id: ID },
    { outcome: 'full', bound: 'function entries' },
    { outcome: 'unknown' },
    { outcome: 'invalid', message: 'its uid is none' },
  ];
  assert.deepEqual(outcomesIn(Buffer.from(JSON.stringify(outcomes)), 6), outcomes);
});

test('what is no answer to all of them is none to any', () => {
  const one = '{"outcome":"accepted"}';
  const two = ['AsyncUnavailable', 'AsyncUnavailable'];
  for (const text of ['', 'null', '{}', 'OK', '[', `[${one}]`, `[${one},${one},${one}]`, '{"length":2}', one, '7']) {
    assert.deepEqual(read(text, 2), two, text);
  }
});

test('what is no outcome is none, and spoils none of the others', () => {
  const odd: unknown[] = [null, 7, 'accepted', [], {}, { outcome: 'Accepted' }, { outcome: ['accepted'] }];
  odd.push({ outcome: 'exists' }, { outcome: 'exists', id: ID, state: 'lost' }, { outcome: 'conflict', id: '../x' });
  odd.push({ outcome: 'exists', id: `${ID}\r\nx: y`, state: 'done' });
  for (const one of odd) {
    assert.deepEqual(read(JSON.stringify([{ outcome: 'accepted' }, one]), 2), ['accepted', 'AsyncUnavailable']);
  }
});

test('what was not kept is refused by why: what may pass by itself may be sent again', () => {
  const codes = [
    refusalFor({ outcome: 'conflict', id: ID }),
    refusalFor({ outcome: 'full', bound: 'x' }),
    refusalFor({ outcome: 'unknown' }),
    refusalFor({ outcome: 'invalid', message: 'x' }),
  ].map(({ code }) => code);
  assert.deepEqual(codes, ['IdempotencyKeyReused', 'AsyncFull', 'AsyncUnavailable', 'InternalError']);
});

test('the words of a refusal are for the log, as far as there are some', () => {
  const said = (text: string) => refusalIn(503, Buffer.from(text));
  assert.equal(said('{"code":"DiskFull","message":"no room"}'), 'it answered 503, DiskFull: no room');
  assert.deepEqual(['', 'null', '[]', '{"code":7}'].map(said), new Array(4).fill('it answered 503'));
  assert.ok(said(JSON.stringify({ code: 'x'.repeat(9_999), message: 'y'.repeat(9_999) })).length < 500);
});
