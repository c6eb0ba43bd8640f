import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Destination } from '../functions/async-policy.ts';
import { entryHead, isTooDeep, MOST_DEPTH, readHead } from './entry-head.ts';
import { destinationEvent, type Ended } from './event.ts';
import { followUp } from './follow-up.ts';

const owner = { uid: 'u-a', namespace: 'one', name: 'a' };
const request = { method: 'POST', path: '/', headers: ['TraceParent', '00-1', 'X-A', '1', 'x-a', '2'], requestId: 'r' };
const ended = (change: Partial<Ended> = {}): Ended => ({
  ...{ id: 'one/nightly@2026-01-01T00:00:00Z', owner, when: 'onSuccess', attempts: 1, reason: 'Done', note: undefined },
  ...{ atMs: 0, request, body: new Uint8Array(), answer: undefined, ...change },
});
const dataOf = (one: Ended) => JSON.parse(Buffer.from(destinationEvent(one)).toString()).data;
const follow = (destination: Destination, change: Partial<Ended> = {}, depth = 0) =>
  followUp(ended(change), { destination, depth, uidOf: (_, name) => (name === 'b' ? 'u-b' : undefined) });

test('bodies in an event are text where they are UTF-8, else base64, and no longer than 64 KiB', () => {
  assert.equal(dataOf(ended({ body: Buffer.from('grüß') })).request.body, 'grüß');
  assert.equal(dataOf(ended({ body: Buffer.from([255, 0]) })).request.bodyBase64, '/wA=');
  const long = dataOf(ended({ body: Buffer.from('ü'.repeat(40_000)) })).request;
  assert.deepEqual([long.bodyBytes, long.truncated, Buffer.byteLength(long.body)], [80_000, true, 65_536]);
});

test('an event of an entry whose head is none, or that had no answer, goes without these', () => {
  const data = dataOf(ended({ request: undefined, reason: 'TooOld', note: 'too old', attempts: 0 }));
  assert.deepEqual(Object.keys(data), ['invocation', 'condition']);
  assert.deepEqual(data.condition, { attempts: 0, reason: 'TooOld', note: 'too old' });
});

test('the id of what follows is that of an invocation, and another one for another end', () => {
  const ids = [
    follow({ function: 'b' }),
    follow({ url: 'https://hooks.example/' }),
    follow({ function: 'b' }, { when: 'onFailure' }),
    follow({ function: 'b' }, { id: 'other' }),
  ].map((entry) => entry?.id ?? '');
  for (const id of ids) assert.match(id, /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-a[\da-f]{3}-[\da-f]{12}$/);
  assert.equal(ids[0], ids[1], 'wherever it goes');
  assert.equal(new Set(ids).size, 3);
});

test('what follows belongs to the function that is told, or for an address to the one that has ended, one step further', () => {
  const [named, address] = [follow({ function: 'b' }, {}, 2), follow({ url: 'https://hooks.example/' })];
  assert.deepEqual(named?.owner, { uid: 'u-b', namespace: 'one', name: 'b' });
  assert.deepEqual(address?.owner, owner);
  const head = readHead(named?.head ?? new Uint8Array());
  assert.deepEqual(head.facts, { depth: 3 });
  assert.deepEqual(head.request?.headers.slice(-2), ['TraceParent', '00-1'], 'what is traced stays one trace');
  assert.deepEqual(readHead(address?.head ?? new Uint8Array()).facts, { depth: 1, url: 'https://hooks.example/' });
  assert.equal(follow({ function: 'nobody' }), undefined);
});

test('a head of any kind is read, and what it does not say is nothing', () => {
  for (const text of ['', 'null', '[]', '"x"', '{"dispatcher":7}', '{"dispatcher":{"depth":"9","url":1}}', '\u0000'])
    assert.deepEqual(readHead(Buffer.from(text)), { request: undefined, facts: { depth: 0 } }, text);
  const { facts } = readHead(entryHead(request, { depth: MOST_DEPTH }));
  assert.ok(isTooDeep(facts));
  assert.ok(!isTooDeep({ depth: MOST_DEPTH - 1 }));
});
