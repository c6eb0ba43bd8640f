import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpsOnly } from './https-only.ts';

const REQUEST = {
  method: 'GET',
  host: 'Hello.Example:8080',
  askedPath: '/fn/a/b/c?d=e',
  protocol: 'http',
  isUpgrade: false,
};
const decide = (changes: Partial<typeof REQUEST>) =>
  httpsOnly().decide({ ...REQUEST, ...changes } as never, { caller: undefined });
const locationOf = (changes: Partial<typeof REQUEST>) => {
  const decided = decide(changes);
  return typeof decided === 'object' && 'headers' in decided ? decided.headers?.[1] : decided;
};

test('what reads is sent to the same address of https, without the port of http', () => {
  assert.deepEqual(decide({}), { status: 308, headers: ['location', 'https://Hello.Example/fn/a/b/c?d=e'], body: '' });
  assert.equal(
    locationOf({ method: 'HEAD', host: '[::1]:80', askedPath: '//evil.example/' }),
    'https://[::1]//evil.example/',
  );
  assert.equal(locationOf({ host: '[::1]' }), 'https://[::1]/fn/a/b/c?d=e');
});

test('what writes, or switches protocols, or names no host, is refused', () => {
  for (const changes of [{ method: 'POST' }, { method: 'OPTIONS' }, { isUpgrade: true }, { host: '' }])
    assert.equal((decide(changes) as { code: string }).code, 'HttpsRequired');
});

test('https passes', () => {
  assert.equal(decide({ protocol: 'https', method: 'POST' }), 'continue');
});
