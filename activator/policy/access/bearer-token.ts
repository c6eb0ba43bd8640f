import type { RequestFacts } from '../policy.ts';

const BEARER = /^bearer +(\S+)$/i;
const SCHEME = /^bearer(?: |$)/i;

/** The token of `Authorization: Bearer` (RFC 6750, 2.1); `malformed`: there is that scheme and no token. */
export function bearerToken(request: RequestFacts): { token: string } | 'absent' | 'malformed' {
  const given = request.header('authorization');
  if (given === undefined || !SCHEME.test(given)) return 'absent';
  const token = BEARER.exec(given)?.[1];
  return token === undefined ? 'malformed' : { token };
}
