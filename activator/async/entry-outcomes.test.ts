import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outcomesIn } from './entry-outcomes.ts';

const ID = '018bcfe5-6800-7abc-8def-0123456789ab';
const read = (text: string, count: number) =>
  outcomesIn(Buffer.from(text), count).map((one) => ('code' in one ? one.code : one.outcome));

test('each entry has its outcome', () => {
  const outcomes = [
    { outcome: 'accepted' },
    { outcome: 'exists', id: ID, state: 'running' },
    { outcome: 'conflict', id: ID },
    { outcome: 'full', bound: 'function entries' },
  ];
  assert.deepEqual(outcomesIn(Buffer.from(JSON.stringify(outcomes)), 4), outcomes);
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

test('of a function that the dispatcher does not know yet, and of what it takes for no entry, nothing is accepted', () => {
  const outcomes = [{ outcome: 'unknown' }, { outcome: 'invalid', message: 'its id is none' }];
  assert.deepEqual(read(JSON.stringify(outcomes), 2), ['AsyncUnavailable', 'AsyncUnavailable']);
});
