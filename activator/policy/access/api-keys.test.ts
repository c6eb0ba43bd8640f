import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { apiKeys } from './api-keys.ts';

const KEY = 'q83vEjRWeJCrze8SNFZ4kA';
const OTHER = 'x'.repeat(40);
const sha256 = (key: string) => createHash('sha256').update(key).digest('hex');
const KEYS = [
  { name: 'ci', sha256: sha256(KEY) },
  { name: 'old', sha256: sha256(OTHER), expires: '2026-01-01T01:00:00+01:00' },
  { name: 'short', sha256: sha256('secret') },
];
const EXPIRES_MS = Date.UTC(2026, 0, 1);

function judge(given: string | undefined, { header = 'X-Api-Key', atMs = EXPIRES_MS } = {}) {
  const request = { header: (name: string) => (name === header.toLowerCase() ? given : undefined) };
  return apiKeys(KEYS, header, () => atMs).judge(request as never);
}

test('a key is known by its digest, in the header of choice', () => {
  assert.deepEqual(judge(KEY), { caller: { way: 'apiKeys', name: 'ci' } });
  assert.deepEqual(judge(KEY, { header: 'X-Token' }), { caller: { way: 'apiKeys', name: 'ci' } });
  assert.deepEqual(apiKeys(KEYS, 'X-Token').withheld, ['x-token']);
});

test('it is good until it expires, and not then', () => {
  assert.deepEqual(judge(OTHER, { atMs: EXPIRES_MS - 1 }), { caller: { way: 'apiKeys', name: 'old' } });
  assert.deepEqual(judge(OTHER), {
    denied: 'invalid',
    why: 'the key old has expired',
    challenge: 'ApiKey header="X-Api-Key"',
  });
});

test('nothing else is a key, and what was sent is in no reason', () => {
  const wrong = [
    ...['', ' ', KEY.toLowerCase(), `${KEY} `, ` ${KEY}`, `${KEY}, ${KEY}`, `Bearer ${KEY}`, sha256(KEY), `${KEY}=`],
    ...['secret', `${KEY}\u00e9`, 'x'.repeat(100_000), '__proto__', 'constructor', 'y'.repeat(40)],
  ];
  for (const given of wrong) {
    const judged = judge(given);
    assert.ok('denied' in judged, given);
    assert.equal(judged.denied, 'invalid');
    assert.ok(given.length < 3 || !JSON.stringify(judged).includes(given), given);
  }
  const none = judge(undefined);
  assert.ok('denied' in none && none.denied === 'absent');
});

test('a key that was good is judged by the time of each request', () => {
  let nowMs = EXPIRES_MS - 1;
  const way = apiKeys(KEYS, 'X-Api-Key', () => nowMs);
  const asks = (given: string) => way.judge({ header: () => given } as never);
  for (const _ of [1, 2]) assert.deepEqual(asks(OTHER), { caller: { way: 'apiKeys', name: 'old' } });
  nowMs = EXPIRES_MS;
  assert.match(JSON.stringify(asks(OTHER)), /has expired/);
  assert.deepEqual(asks(KEY), { caller: { way: 'apiKeys', name: 'ci' } });
});
