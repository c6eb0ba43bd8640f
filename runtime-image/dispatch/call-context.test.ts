import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../call/call.ts';
import { CallContext, type Replica } from './call-context.ts';

test('who asks is read once, however often a handler asks for it', () => {
  const headers = { 'x-catnap-caller-way': 'jwt', 'x-catnap-caller-name': 'ada', 'x-catnap-caller-claims': 'e30' };
  const context = new CallContext({} as Call, false, {} as Replica, headers);
  const { caller } = context;
  assert.deepEqual(caller, { way: 'jwt', name: 'ada', issuer: undefined, claims: {} });
  assert.equal(context.caller, caller);
});
