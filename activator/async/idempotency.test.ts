import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Caller } from '../policy/caller.ts';
import { dedupOf as dedup, fingerprintOf, keyFault } from './idempotency.ts';

const body = (text: string) => new TextEncoder().encode(text);
const dedupOf = (key: string, caller: Caller | undefined, { body: whole, ...head }: typeof request) =>
  dedup(key, caller, fingerprintOf(head).update(whole));
const request = { method: 'POST', path: '/a?b', body: body('hello') };

test('keys are of 1 to 255 visible characters, and one', () => {
  for (const key of [undefined, 'a', '"8e03978e"', '!'.repeat(255)]) assert.equal(keyFault(key), undefined);
  for (const key of ['', 'a b', 'a, b', 'é', '\u007f', 'x'.repeat(256)])
    assert.equal(keyFault(key)?.code, 'BadRequest');
});

test('the same key of two callers is two keys', () => {
  const callers = [
    undefined,
    { way: 'apiKeys', name: 'a' },
    { way: 'apiKeys', name: 'b' },
    { way: 'jwt', name: 'a' },
    { way: 'jwt', name: 'a', issuer: 'https://one.example' },
    { way: 'jwt', name: 'a', issuer: 'https://two.example' },
    { way: 'jwt', name: 'https://two.example', issuer: 'a' },
  ];
  assert.equal(new Set(callers.map((caller) => dedupOf('k', caller, request).key)).size, callers.length);
  assert.notEqual(dedupOf('k', undefined, request).key, dedupOf('l', undefined, request).key);
});

test('claims of a caller make no difference, and neither does what is asked', () => {
  const one = dedupOf('k', { way: 'jwt', name: 'a', claims: { iat: 1 } }, request);
  assert.equal(one.key, dedupOf('k', { way: 'jwt', name: 'a' }, { ...request, path: '/c' }).key);
});

test('another method, path or body is another request', () => {
  const others = [
    { ...request, method: 'PUT' },
    { ...request, path: '/a' },
    { ...request, body: body('hello!') },
    { ...request, path: '/a?b"]\nh', body: body('ello') },
    { ...request, body: body('') },
  ];
  const prints = [request, ...others].map((one) => dedupOf('k', undefined, one).fingerprint);
  assert.equal(new Set(prints).size, prints.length);
  assert.equal(prints[0], dedupOf('k', undefined, { ...request, body: body('hello') }).fingerprint);
});

test('a body in pieces is the same as in one', () => {
  const { body: _, ...head } = request;
  const inPieces = fingerprintOf(head).update(body('he')).update(body('')).update(body('llo'));
  assert.deepEqual(dedup('k', undefined, inPieces), dedupOf('k', undefined, request));
});
