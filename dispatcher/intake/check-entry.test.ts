import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EntryHead } from '#api/invocations.ts';
import { checkEntry } from './check-entry.ts';

const NOW_MS = 1_800_000_000_000;
const DAY_MS = 86_400_000;
const HEAD: EntryHead = { id: '0190b9c4-7e3a-7abc-8def-0123456789ab', uid: 'a-1', namespace: 'team', name: 'mail' };
const REQUEST = Buffer.from('{}');
const BODY = Buffer.from('hello');

const check = (json: unknown, first = REQUEST, second = BODY) => checkEntry({ json, first, second }, NOW_MS);

test('an entry is taken as it came', () => {
  const dedup = { key: 'k', fingerprint: 'f' };
  assert.deepEqual(check({ ...HEAD, dedup, notBeforeMs: NOW_MS + 30 * DAY_MS }), {
    id: HEAD.id,
    owner: { uid: 'a-1', namespace: 'team', name: 'mail' },
    dedup,
    notBeforeMs: NOW_MS + 30 * DAY_MS,
    head: REQUEST,
    body: BODY,
  });
  assert.equal(typeof check(HEAD, REQUEST, Buffer.alloc(0)), 'object');
});

const BAD: [what: string, change: object][] = [
  ['an id that is none', { id: 'x' }],
  ['an id in capitals', { id: HEAD.id.toUpperCase() }],
  ['an id of another version, which may be guessed', { id: '0190b9c4-7e3a-4abc-8def-0123456789ab' }],
  ['an id with more behind it', { id: `${HEAD.id}\n` }],
  ['no id', { id: undefined }],
  ['a uid of another type', { uid: 7 }],
  ['an empty uid', { uid: '' }],
  ['a uid without end', { uid: 'a'.repeat(129) }],
  ['a namespace with a slash', { namespace: 'a/b' }],
  ['a namespace that is too long', { namespace: 'a'.repeat(64) }],
  ['a name with a line break', { name: 'a\nb' }],
  ['a time that is none', { notBeforeMs: Number.NaN }],
  ['a time as text', { notBeforeMs: '1' }],
  ['a time before time', { notBeforeMs: -1 }],
  ['a time in a year', { notBeforeMs: NOW_MS + 365 * DAY_MS }],
  ['no dedup', { dedup: null }],
  ['a dedup without a fingerprint', { dedup: { key: 'k' } }],
  ['a dedup key without end', { dedup: { key: 'k'.repeat(257), fingerprint: 'f' } }],
  ['a dedup key that is half a surrogate pair', { dedup: { key: '\ud800', fingerprint: 'f' } }],
];

for (const [what, change] of BAD) {
  test(`${what} makes no entry`, () => {
    assert.equal(typeof check({ ...HEAD, ...change }), 'string');
  });
}

test('what is no head makes no entry', () => {
  for (const json of [null, 7, 'text', []]) assert.equal(typeof check(json), 'string');
});

test('a request without a head, with one that is too long or with too large a body makes no entry', () => {
  assert.match(String(check(HEAD, Buffer.alloc(0))), /0 bytes/);
  assert.match(String(check(HEAD, Buffer.alloc(256 * 1_024 + 1))), /262145 bytes/);
  assert.match(String(check(HEAD, REQUEST, Buffer.alloc(8 * 1_048_576 + 1))), /8388609 bytes/);
});
