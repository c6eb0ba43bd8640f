import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wayOf } from './choose-way.ts';

const MANY = { always: false, maxBodyBytes: 1 };
const request = (given: { method?: string; isUpgrade?: boolean; headers?: Record<string, string> } = {}) => ({
  method: given.method ?? 'POST',
  isUpgrade: given.isUpgrade ?? false,
  header: (name: string) => given.headers?.[name],
});
const codeOf = (way: ReturnType<typeof wayOf>) => (typeof way === 'string' ? way : way.code);

test('with Optional the preference decides; with Always all are for later', () => {
  const prefers = request({ headers: { prefer: 'respond-async' } });
  assert.deepEqual(
    [request(), prefers].map((one) => wayOf(one, MANY, true)),
    ['now', 'later'],
  );
  assert.deepEqual(
    [request(), prefers].map((one) => wayOf(one, { ...MANY, always: true }, true)),
    ['later', 'later'],
  );
});

test('a preflight is for now, other OPTIONS are requests as all others', () => {
  const preflight = { method: 'OPTIONS', headers: { origin: 'https://a', 'access-control-request-method': 'POST' } };
  assert.equal(wayOf(request(preflight), { ...MANY, always: true }, true), 'now');
  assert.equal(wayOf(request({ method: 'OPTIONS' }), { ...MANY, always: true }, true), 'later');
  assert.equal(wayOf(request({ ...preflight, method: 'POST' }), { ...MANY, always: true }, true), 'later');
});

test('a connection cannot be switched later, and without a dispatcher nothing is done later', () => {
  const upgrade = request({ isUpgrade: true, headers: { prefer: 'respond-async' } });
  assert.deepEqual(
    [true, false].map((always) => codeOf(wayOf(upgrade, { ...MANY, always }, true))),
    ['BadRequest', 'now'],
  );
  const prefers = request({ headers: { prefer: 'respond-async' } });
  const ways = [true, false].map((always) => codeOf(wayOf(prefers, { ...MANY, always }, false)));
  assert.deepEqual(ways, ['AsyncUnavailable', 'now']);
});
