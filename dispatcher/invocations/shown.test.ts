import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoredRequest } from '#api/invocations.ts';
import { writeAnswer } from '../store/kept-answer.ts';
import type { Entry } from '../store/store.ts';
import { listed, shown } from './shown.ts';

const T = Date.UTC(2026, 0, 1);
const entry: Entry = {
  id: '0198c0de-0000-7000-8000-000000000001',
  owner: { uid: 'u', namespace: 'shop', name: 'orders' },
  state: 'waiting',
  attempts: 1,
  orderingKey: undefined,
  enqueuedAtMs: T,
  dueAtMs: T + 60_000,
  expiresAtMs: undefined,
  bytes: 10,
  note: '503: busy',
};
const request: StoredRequest = {
  method: 'POST',
  path: '/pay?x=1',
  headers: ['Content-Type', 'text/plain', 'x-a', '1', 'X-A', '2', '__proto__', 'p'],
  requestId: 'r',
};
const payloadOf = (body: Uint8Array, head: object | string = request) => ({
  head: Buffer.from(typeof head === 'string' ? head : JSON.stringify(head)),
  body,
});
const show = (body: Uint8Array, head?: object | string) =>
  shown(entry, { payload: payloadOf(body, head), kept: undefined, nowMs: T }).request;

test('an entry says how it goes, and when it is tried next only where that is to come', () => {
  assert.deepEqual(listed(entry, T), {
    id: entry.id,
    status: 'waiting',
    attempts: 1,
    acceptedAt: '2026-01-01T00:00:00.000Z',
    nextAttemptAt: '2026-01-01T00:01:00.000Z',
    note: '503: busy',
  });
  assert.ok(!('nextAttemptAt' in listed(entry, T + 60_000)));
  const leased = listed({ ...entry, state: 'leased', note: undefined }, T);
  assert.deepEqual([leased.status, leased.nextAttemptAt], ['running', undefined]);
  const done = listed({ ...entry, state: 'done', dueAtMs: undefined, expiresAtMs: T + 1_000 }, T);
  assert.deepEqual([done.status, done.expiresAt], ['done', '2026-01-01T00:00:01.000Z']);
});

test('a request is shown with its fields by name, text as text and other bytes as base64', () => {
  assert.deepEqual(JSON.parse(JSON.stringify(show(Buffer.from('grüße')))), {
    method: 'POST',
    path: '/pay?x=1',
    headers: JSON.parse('{"content-type":["text/plain"],"x-a":["1","2"],"__proto__":["p"]}'),
    body: 'grüße',
    bodyBytes: 7,
    truncated: false,
  });
  const bytes = show(Buffer.from([0xff, 0x00]));
  assert.deepEqual([bytes?.bodyBase64, bytes?.body], ['/wA=', undefined]);
  const none = show(Buffer.alloc(0));
  assert.deepEqual([none?.body, none?.bodyBase64, none?.bodyBytes], [undefined, undefined, 0]);
});

test('of a long body 256 KiB are shown, text also where it is cut within a character', () => {
  const long = show(Buffer.from('ü'.repeat(200_000)));
  assert.equal(long?.body, 'ü'.repeat(131_072));
  assert.deepEqual([long?.bodyBytes, long?.truncated], [400_000, true]);
  const odd = show(Buffer.from(`a${'ü'.repeat(200_000)}`));
  assert.equal(odd?.body, `a${'ü'.repeat(131_071)}`);
  assert.equal(show(Buffer.alloc(300_000, 0xff))?.bodyBase64?.length, Math.ceil(262_144 / 3) * 4);
});

test('the answer of an ended one is shown, and that its body was cut', () => {
  const head = { status: 422, headers: ['Set-Cookie', 'a', 'set-cookie', 'b'], truncated: true };
  const kept = writeAnswer({ head, body: Buffer.from('no') });
  const { response } = shown({ ...entry, state: 'buried' }, { payload: undefined, kept, nowMs: T });
  assert.deepEqual(response, {
    status: 422,
    headers: { 'set-cookie': ['a', 'b'] },
    body: 'no',
    bodyBytes: 2,
    truncated: true,
  });
});

test('what is stored and cannot be read is left out', () => {
  assert.equal(show(Buffer.alloc(1), '{'), undefined);
  assert.equal(show(Buffer.alloc(1), {}), undefined);
  const kept = Buffer.from('no frame');
  assert.equal(shown(entry, { payload: undefined, kept, nowMs: T }).response, undefined);
});
