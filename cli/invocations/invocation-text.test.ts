import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ShownInvocation } from '#api/invocations-for-people.ts';
import { listText, showText } from './invocation-text.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const NONE = { waiting: 0, running: 0, done: 0, buried: 0, cancelled: 0 };
const ID = '0198c0de-0000-7000-8000-000000000001';
const waiting = { id: ID, status: 'waiting', attempts: 2, acceptedAt: '2026-01-01T00:59:00Z' } as const;

test('a list says when each is tried next, why the last attempt failed, and how many there are', () => {
  const items = [
    { ...waiting, nextAttemptAt: '2026-01-01T01:00:30Z', note: `503:\n${'x'.repeat(100)}` },
    { ...waiting, status: 'buried', note: 'it answered 422' } as const,
    { ...waiting, attempts: 0 },
  ];
  assert.equal(
    listText(items, { ...NONE, waiting: 2, buried: 1 }, NOW),
    `ID                                     STATUS    ATTEMPTS   AGE   NEXT   NOTE
${ID}   waiting   2          60s   30s    503: ${'x'.repeat(54)}…
${ID}   buried    2          60s          it answered 422
${ID}   waiting   0          60s   now

2 waiting, 1 buried`,
  );
});

test('an empty list says what else there is', () => {
  assert.equal(listText([], NONE, NOW), 'no invocations');
  assert.equal(listText([], { ...NONE, done: 3 }, NOW), 'none of these; there are 3 done');
});

test('one is shown with what was asked, and what came of it', () => {
  const shown: ShownInvocation = {
    ...waiting,
    status: 'buried',
    note: 'it answered 422',
    expiresAt: '2026-01-08T00:00:00Z',
    request: {
      method: 'POST',
      path: '/pay',
      headers: { 'x-a': ['1', '2'] },
      body: 'hello',
      bodyBytes: 5,
      truncated: false,
    },
    response: { status: 422, headers: {}, bodyBase64: '/wA=', bodyBytes: 2, truncated: false },
  };
  assert.equal(
    showText(shown, NOW),
    `Id:            ${ID}
Status:        buried, 2 attempts
Accepted:      2026-01-01T00:59:00Z, 60s ago
Kept until:    2026-01-08T00:00:00Z
Last attempt:  it answered 422

Request:
  POST /pay
  x-a: 1
  x-a: 2

hello

Response:
  422

(2 bytes that are no text; --json has them as base64)`,
  );
});

test('of one that is done nothing is said of a request that is not kept', () => {
  const text = showText({ ...waiting, status: 'done', attempts: 1 }, NOW);
  assert.match(text, /done, 1 attempt\n/);
  assert.match(text, /The request is not kept any more\.$/);
});

test('what is longer than is shown is said to be', () => {
  const request = { method: 'POST', path: '/', headers: {}, body: 'beg', bodyBytes: 9, truncated: true };
  assert.match(showText({ ...waiting, request }, NOW), /beg\n\(more than is shown: 9 bytes are kept\)$/);
});
