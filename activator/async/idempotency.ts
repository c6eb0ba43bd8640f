import { createHash, hash } from 'node:crypto';
import type { EntryHead } from '#api/invocations.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import type { Caller } from '../policy/caller.ts';

export const IDEMPOTENCY_HEADER = 'idempotency-key';
const KEY = /^[!-~]{1,255}$/;

/** @param key undefined: the request has none. A failure for one that is not to be used. */
export function keyFault(key: string | undefined): GatewayError | undefined {
  if (key === undefined || KEY.test(key)) return undefined;
  return { code: 'BadRequest', message: 'Idempotency-Key is to be one key of 1 to 255 visible ASCII characters' };
}

/**
 * By what a request is known that comes again. The key is one caller's: trying keys does not show what another one has sent. The
 * fingerprint tells another request with the same key.
 * @param caller undefined: the function's policies do not know who asks
 */
export function dedupOf(
  key: string,
  caller: Caller | undefined,
  request: { method: string; path: string; body: Uint8Array },
): NonNullable<EntryHead['dedup']> {
  const who = caller === undefined ? null : [caller.way, caller.issuer ?? null, caller.name];
  const what = createHash('sha256')
    .update(`${JSON.stringify([request.method, request.path])}\n`)
    .update(request.body);
  return { key: hash('sha256', JSON.stringify([who, key])), fingerprint: what.digest('hex') };
}
