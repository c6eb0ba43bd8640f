import type { Template } from './template.ts';

export const WEBHOOK: Template = {
  name: 'webhook',
  description: 'takes signed events, answers at once and works on after the answer',
  dependencies: [],
  devDependencies: [],
  before: [
    'Its key is in a Secret: `kubectl create secret generic NAME --from-literal=key="$(openssl rand -hex 32)"`.',
    '`npm run dev` makes that Secret in its own cluster, of the file `.secrets/NAME/key`.',
    'Senders put the HMAC-SHA256 of the body by that key, in hex, into `X-Signature`.',
  ],
  call: 'curl -d "$BODY" -H "X-Signature: $(printf %s "$BODY" | openssl dgst -sha256 -hmac "$KEY" -r | cut -d" " -f1)" "$URL"',
  files: {
    'catnap.yaml': `spec:
  secrets:
    - name: NAME
`,
    '.secrets/NAME/key': 'only-for-this-machine',
    'src/index.ts': `import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Context } from '@catnap/runtime';

/** The Secret with the key of who may send. */
const SECRET = 'NAME';

export default async function webhook(request: Request, context: Context) {
  const body = await request.text();
  const key = context.secrets.get(SECRET, 'key');
  if (!isSigned(body, key, request.headers.get('x-signature'))) {
    return new Response('the signature is wrong', { status: 401 });
  }
  // The sender need not wait for it; the replica stays until it is done.
  context.waitUntil(record(JSON.parse(body), context));
  return { accepted: context.requestId };
}

function isSigned(body: string, key: string, signature: string | null): boolean {
  const given = Buffer.from(signature ?? '', 'hex');
  const right = createHmac('sha256', key).update(body).digest();
  return given.length === right.length && timingSafeEqual(given, right);
}

async function record(event: unknown, { log }: Context): Promise<void> {
  log.info('received', { event });
}
`,
    'src/index.test.ts': `import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { createTestContext } from '@catnap/runtime';
import webhook from './index.ts';

const secrets = { 'NAME': { key: 'test-key' } };
const body = JSON.stringify({ id: 'o-1' });

function signedWith(key: string): Request {
  const signature = createHmac('sha256', key).update(body).digest('hex');
  return new Request('http://localhost/', { method: 'POST', body, headers: { 'x-signature': signature } });
}

test('takes what is signed, and records it', async () => {
  const context = createTestContext({ requestId: 'r-1', secrets });
  assert.deepEqual(await webhook(signedWith('test-key'), context), { accepted: 'r-1' });
  await context.settled();
  assert.deepEqual(context.lines, [{ level: 'info', message: 'received', fields: { event: { id: 'o-1' } } }]);
});

test('refuses what another key signed', async () => {
  const answer = await webhook(signedWith('another'), createTestContext({ secrets }));
  assert.ok(answer instanceof Response && answer.status === 401);
});
`,
  },
};
