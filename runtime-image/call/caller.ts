import { HEADER } from '../../api/names.ts';
import type { Caller } from './context.ts';

/** Undefined: the gateway names none, or what is there is not of its making. */
export function callerOf(headers: Readonly<Record<string, unknown>>): Caller | undefined {
  const { [HEADER.callerWay]: way, [HEADER.callerName]: named } = headers;
  const name = decoded(named);
  if (typeof way !== 'string' || name === undefined) return undefined;
  return { way, name, issuer: decoded(headers[HEADER.callerIssuer]), claims: claimsOf(headers[HEADER.callerClaims]) };
}

function decoded(text: unknown): string | undefined {
  try {
    return typeof text === 'string' ? decodeURIComponent(text) : undefined;
  } catch {
    return undefined;
  }
}

function claimsOf(text: unknown): Caller['claims'] {
  if (typeof text !== 'string') return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return typeof claims === 'object' && claims !== null ? (claims as NonNullable<Caller['claims']>) : undefined;
  } catch {
    return undefined;
  }
}
