import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyMember, quoted, stateMember, wholeSeconds } from './rate-limit-fields.ts';

test('names are strings of Structured Fields, whatever is in them', () => {
  assert.equal(quoted('per-client'), '"per-client"');
  assert.equal(quoted('a"b\\c'), '"a\\"b\\\\c"');
  assert.equal(quoted('a\r\nset-cookie: x\u00e9\u{1f600}'), '"aset-cookie: x"');
});

test('a time is rounded up to whole seconds', () => {
  assert.deepEqual([0, 1, 999, 1_000, 1_001, -5].map(wholeSeconds), [0, 1, 1, 1, 2, 0]);
});

test('a limit says what it allows, and what is left', () => {
  assert.equal(policyMember({ name: 'client', requests: 100, seconds: 60 }), '"client";q=100;w=60');
  assert.equal(stateMember({ name: quoted('client'), remaining: 3, resetMs: 1_200 }), '"client";r=3;t=2');
});
