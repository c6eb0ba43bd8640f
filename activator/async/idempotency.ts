import { createHash, type Hash, hash } from 'node:crypto';
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

/** Of what is asked; the body is to be added as it comes, for a large one at once would hold up all other requests. */
export function fingerprintOf({ method, path }: { method: string; path: string }): Hash {
  return createHash('sha256').update(`${JSON.stringify([method, path])}\n`);
}

/**
 * By what a request is known that comes again. The key is one caller's: trying keys does not show what another one has sent. The
 * fingerprint tells another request with the same key.
 * @param caller undefined: the function's policies do not know who asks
 * @param fingerprint with all of the body; it takes no more
 */
export function dedupOf(key: string, caller: Caller | undefined, fingerprint: Hash): NonNullable<EntryHead['dedup']> {
  const who = caller === undefined ? null : [caller.way, caller.issuer ?? null, caller.name];
  return { key: hash('sha256', JSON.stringify([who, key])), fingerprint: fingerprint.digest('hex') };
}
