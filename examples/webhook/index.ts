// Takes orders that are signed; docs/handlers/testing.md.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Context } from '@catnap/runtime';

interface Order {
  id: string;
  cents: number;
}

export default async function webhook(request: Request, context: Context) {
  const body = await request.text();
  const key = context.secrets.get('webhook', 'key');
  if (!isSigned(body, key, request.headers.get('x-signature'))) {
    return new Response('the signature is wrong', { status: 401 });
  }
  context.waitUntil(record(JSON.parse(body), context));
  return { accepted: context.requestId };
}

function isSigned(body: string, key: string, signature: string | null): boolean {
  const given = Buffer.from(signature ?? '', 'hex');
  const right = createHmac('sha256', key).update(body).digest();
  return given.length === right.length && timingSafeEqual(given, right);
}

/** What the sender need not wait for. */
async function record({ id, cents }: Order, { log }: Context): Promise<void> {
  log.info('ordered', { id, cents });
}
