import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callerOf } from './caller.ts';

const claims = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

test('who asks is what the gateway says', () => {
  const named = { 'x-catnap-caller-way': 'apiKeys', 'x-catnap-caller-name': 'J%C3%BCrgen%20%25' };
  assert.deepEqual(callerOf(named), { way: 'apiKeys', name: 'Jürgen %', issuer: undefined, claims: undefined });
  const token = {
    'x-catnap-caller-issuer': 'https://id.example/',
    'x-catnap-caller-claims': claims({ groups: ['ü'] }),
  };
  assert.deepEqual(callerOf({ ...named, ...token }), {
    ...{ way: 'apiKeys', name: 'Jürgen %' },
    ...{ issuer: 'https://id.example/', claims: { groups: ['ü'] } },
  });
});

test('what says nothing is none', () => {
  for (const headers of [
    {},
    { 'x-catnap-caller-name': 'a' },
    { 'x-catnap-caller-way': 'jwt' },
    { 'x-catnap-caller-way': 'jwt', 'x-catnap-caller-name': '%' },
  ])
    assert.equal(callerOf(headers), undefined);
  const odd = { 'x-catnap-caller-way': 'jwt', 'x-catnap-caller-name': 'a', 'x-catnap-caller-claims': claims('text') };
  assert.equal(callerOf(odd)?.claims, undefined);
  assert.equal(callerOf({ ...odd, 'x-catnap-caller-claims': 'x' })?.claims, undefined);
});
