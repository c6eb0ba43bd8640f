import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isInvocationId } from '../api/rules/invocation-id.ts';
import { invocationOf } from '../runtime-image/call/invocation.ts';

const UUID = '0199a3c4-7d1e-7a55-9b1c-3f0e6d2c4b5a';
const LABEL = 'a'.repeat(63);

test('a handler is told of each kind of invocation that there is', () => {
  const ids = [
    UUID,
    '5d41402a-bc4b-8a76-a971-9d911017c592',
    'shop/nightly@2026-03-29T01:00:00Z',
    'shop/nightly@run-2026.1:+x_-',
    `${LABEL}/${LABEL}@run-${'b'.repeat(64)}`,
  ];
  for (const id of ids) {
    assert.ok(isInvocationId(id), id);
    const headers = { 'catnap-invocation-id': id, 'catnap-attempt': '2' };
    assert.deepEqual(invocationOf(headers), { id, attempt: 2 });
  }
});
