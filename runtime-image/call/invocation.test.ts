import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invocationOf } from './invocation.ts';

const ID = '0199a3c4-7d1e-7a55-9b1c-3f0e6d2c4b5a';

test('a delivery says which invocation it is of, and which attempt', () => {
  const headers = { 'catnap-invocation-id': ID, 'catnap-attempt': '3' };
  assert.deepEqual(invocationOf(headers), { id: ID, attempt: 3 });
});

test('a request that is no delivery has none', () => {
  assert.equal(invocationOf({}), undefined);
  assert.equal(invocationOf({ 'catnap-invocation-id': ID }), undefined);
  assert.equal(invocationOf({ 'catnap-attempt': '1' }), undefined);
});

test('what no gateway would say is none', () => {
  for (const attempt of ['', '0', '-1', '1.5', '1e1', '01', '1000000', ['1', '2']])
    assert.equal(invocationOf({ 'catnap-invocation-id': ID, 'catnap-attempt': attempt }), undefined, String(attempt));
  for (const id of ['', 'a b', 'ä', 'x'.repeat(321), ['a', 'b']])
    assert.equal(invocationOf({ 'catnap-invocation-id': id, 'catnap-attempt': '1' }), undefined, String(id));
});
