import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isInvocationId } from './invocation-id.ts';

const UUID = '0198c0de-5f2a-7c31-9d0e-6f1b2a3c4d5e';

test('ids are those of gateways, of what tells of an end, and of Triggers', () => {
  for (const id of [
    UUID,
    '5d41402a-bc4b-8a76-a971-9d911017c592',
    'shop/nightly@2026-03-29T01:00:00Z',
    'shop/nightly@run-2026-03-29T01:00:00.000Z',
    'a/b@run-1',
  ])
    assert.ok(isInvocationId(id), id);
});

test('nothing else is an id, so nothing else comes into a path or onto a terminal', () => {
  for (const text of [
    '',
    UUID.toUpperCase(),
    `${UUID}/`,
    `${UUID}/retry`,
    `${UUID}/onSuccess`,
    'shop/nightly',
    'shop/nightly@',
    'shop/nightly@now',
    'Shop/nightly@2026-03-29T01:00:00Z',
    '../nightly@2026-03-29T01:00:00Z',
    'shop/../nightly@2026-03-29T01:00:00Z',
    'shop/nightly@run-',
    `shop/nightly@run-${'a'.repeat(65)}`,
    'shop/nightly@run-a/b',
    'shop/nightly@2026-03-29T01:00:00Z/onFailure',
    'shop/nightly@run-a b',
    `${UUID}\n`,
  ])
    assert.ok(!isInvocationId(text), JSON.stringify(text));
});
