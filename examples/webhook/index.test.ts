// Runs without Catnap: node --test; docs/handlers/testing.md.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { createTestContext } from '@catnap/runtime';
import webhook from './index.ts';

const secrets = { webhook: { key: 'whsec_test' } };
const body = JSON.stringify({ id: 'o-1', cents: 1200 });

const signedWith = (key: string): Request => {
  const signature = createHmac('sha256', key).update(body).digest('hex');
  return new Request('http://localhost/', { method: 'POST', body, headers: { 'x-signature': signature } });
};

test('takes an order that is signed, and records it', async () => {
  const context = createTestContext({ requestId: 'r-1', secrets });
  assert.deepEqual(await webhook(signedWith('whsec_test'), context), { accepted: 'r-1' });
  await context.settled();
  assert.deepEqual(context.lines, [{ level: 'info', message: 'ordered', fields: { id: 'o-1', cents: 1200 } }]);
});

test('refuses what another key signed', async () => {
  const context = createTestContext({ secrets });
  const answer = await webhook(signedWith('another'), context);
  assert.ok(answer instanceof Response && answer.status === 401);
  assert.deepEqual(context.lines, []);
});
