import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedRequest } from './stored-request.ts';

const stored = (headers: string[], bodyBytes?: number, prefer?: string) =>
  storedRequest({ method: 'POST', requestId: 'r', headers }, '/a?b', bodyBytes, prefer).headers;

test('credentials are not kept, however they are spelled', () => {
  const secrets = ['Authorization', 'COOKIE', 'Proxy-Authorization', 'proxy_authorization', 'authorization'];
  const kept = ['Host', 'a', 'X-Catnap-Caller-Name', 'me', 'x-forwarded-for', '1.2.3.4', 'Idempotency-Key', 'k'];
  assert.deepEqual(stored([...kept, ...secrets.flatMap((name) => [name, 'secret'])]), kept);
});

test('nor is what is about one answer alone', () => {
  const own = ['x-catnap-error-detail', 'true', 'x-catnap-wait-ms', '5', 'te', 'trailers', 'trailer', 'x'];
  assert.deepEqual(stored(['host', 'a', ...own]), ['host', 'a']);
});

test('preferences that the gateway has seen to are taken out; the others reach the function', () => {
  assert.deepEqual(stored(['Prefer', 'respond-async', 'host', 'a'], undefined, 'respond-async'), ['host', 'a']);
  const two = ['Prefer', 'respond-async', 'prefer', 'return=minimal'];
  assert.deepEqual(stored(two, undefined, 'respond-async, return=minimal'), ['prefer', 'return=minimal']);
});

test('the length is that of the body as it is kept, also where it came in chunks', () => {
  assert.deepEqual(stored(['content-length', '7'], 7), ['content-length', '7']);
  assert.deepEqual(stored(['a', 'b'], 12), ['a', 'b', 'content-length', '12']);
  assert.deepEqual(stored(['Content-Length', '0'], 0), ['content-length', '0']);
  assert.deepEqual(stored([]), []);
});
