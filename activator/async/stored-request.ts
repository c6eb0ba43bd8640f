import type { StoredRequest } from '#api/invocations.ts';
import { HEADER } from '#api/names.ts';
import { takeOut } from '../proxy/withheld-fields.ts';
import { withoutPreferences } from './prefer.ts';

/**
 * What is not kept: what proves who asks, for it would be on disk, and be used again when it may be no longer good; and what is
 * about this one connection or answer.
 */
const NOT_KEPT = [
  ...['authorization', 'proxy-authorization', 'cookie', 'content-length', 'te', 'trailer', 'prefer'],
  HEADER.errorDetail,
  HEADER.waitMs,
];
/** What the gateway has seen to itself. */
const DONE = ['respond-async', 'wait'];

/** A request as a replica would get it. */
export interface SentRequest {
  readonly method: string;
  readonly requestId: string;
  /** After the policies; name, value, … */
  readonly headers: readonly string[];
}

/** What is kept of it. @param bodyBytes undefined: it has no body, and does not say so either */
export function storedRequest(
  { method, requestId, headers }: SentRequest,
  path: string,
  bodyBytes: number | undefined,
  prefer: string | undefined,
): StoredRequest {
  const kept = headers.slice();
  takeOut(kept, NOT_KEPT);
  const preferences = prefer === undefined ? '' : withoutPreferences(prefer, DONE);
  if (preferences !== '') kept.push('prefer', preferences);
  if (bodyBytes !== undefined) kept.push('content-length', String(bodyBytes));
  return { method, path, headers: kept, requestId };
}
