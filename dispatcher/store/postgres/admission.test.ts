import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_LIMITS, type NewEntry } from '../store.ts';
import { admit, keyOf } from './admission.ts';

const OWNER = { uid: 'u', namespace: 'one', name: 'hello' };
const anEntry = (id: string, more: Partial<NewEntry> = {}): NewEntry => ({
  id,
  owner: OWNER,
  head: new Uint8Array(1),
  body: new Uint8Array(9),
  ...more,
});
const none = { entries: 0, bytes: 0 };
const world = {
  nowMs: 100,
  limits: DEFAULT_LIMITS,
  known: [],
  openKeys: new Set<string>(),
  ofFunction: () => none,
  ofNamespace: () => none,
};
const results = (batch: NewEntry[], more = {}) => admit(batch, { ...world, ...more }).map(({ result }) => result);

test('an entry sees those before it in its batch', () => {
  const dedup = { key: 'k', fingerprint: 'f' };
  const batch = [
    anEntry('a', { dedup }),
    anEntry('a'),
    anEntry('b', { dedup }),
    anEntry('c', { dedup: { key: 'k', fingerprint: 'other' } }),
    anEntry('d', { dedup, owner: { ...OWNER, uid: 'v' } }),
  ];
  assert.deepEqual(results(batch), [
    { outcome: 'accepted' },
    { outcome: 'exists', id: 'a', state: 'waiting' },
    { outcome: 'exists', id: 'a', state: 'waiting' },
    { outcome: 'conflict', id: 'a' },
    { outcome: 'accepted' },
  ]);
});

test('bounds count what the same batch took, and what is refused takes nothing', () => {
  const limits = { ...DEFAULT_LIMITS, perFunction: { entries: 9, bytes: 25 } };
  const large = anEntry('large', { body: new Uint8Array(20) });
  assert.deepEqual(results([anEntry('a'), large, anEntry('b'), anEntry('c')], { limits }), [
    { outcome: 'accepted' },
    { outcome: 'full', bound: 'function bytes' },
    { outcome: 'accepted' },
    { outcome: 'full', bound: 'function bytes' },
  ]);
  const perNamespace = { ...DEFAULT_LIMITS, perNamespace: { entries: 1, bytes: 100 } };
  const other = anEntry('b', { owner: { ...OWNER, uid: 'v' } });
  assert.deepEqual(results([anEntry('a'), other], { limits: perNamespace }), [
    { outcome: 'accepted' },
    { outcome: 'full', bound: 'namespace entries' },
  ]);
});

test('behind an open entry of its ordering key one is not due, and each not before its time', () => {
  const batch = [
    anEntry('behind', { orderingKey: 'open' }),
    anEntry('first', { orderingKey: 'new', notBeforeMs: 500 }),
    anEntry('second', { orderingKey: 'new' }),
    anEntry('free', { notBeforeMs: 7 }),
  ];
  const admitted = admit(batch, { ...world, openKeys: new Set([keyOf('u', 'open')]) });
  assert.deepEqual(
    admitted.map(({ dueMs, notBeforeMs }) => [dueMs, notBeforeMs]),
    [
      [null, 100],
      [500, 500],
      [null, 100],
      [100, 100],
    ],
  );
});
