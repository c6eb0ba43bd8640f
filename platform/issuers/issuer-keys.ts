import type { AddressRules } from '../addresses/checked-url.ts';
import { type FetchRules, fetchJson } from './fetch-json.ts';

/** Where the keys of an issuer are. */
export interface KeySource {
  /** As it stands in the claim `iss` of its tokens. */
  readonly issuer: string;
  /** Undefined: the issuer's own description says (OpenID Connect Discovery 1.0). */
  readonly jwksUri?: string | undefined;
}

/** What is found at an issuer's address is the description of another one: most often one of them ends with a slash. */
export class OtherIssuer extends Error {
  readonly told = 'what is found at the issuer describes another issuer';

  constructor() {
    super('what is found at the issuer describes another issuer');
  }
}

/** Bytes of an issuer's description, and of a key set. */
const DESCRIPTION_BYTES = 64 * 1024;
const KEY_SET_BYTES = 256 * 1024;
/** For each of the two. */
const TIMEOUT_MS = 4_000;

/** The JSON Web Key Set of an issuer. Rejects with one sentence that names what has to be looked at. */
export async function issuerKeys({ issuer, jwksUri }: KeySource, rules: AddressRules): Promise<unknown> {
  const bounds: FetchRules = { ...rules, maxBytes: DESCRIPTION_BYTES, timeoutMs: TIMEOUT_MS };
  const address = jwksUri ?? keySetAddress(issuer, await fetchJson(descriptionAddress(issuer), bounds));
  return await fetchJson(address, { ...bounds, maxBytes: KEY_SET_BYTES });
}

function descriptionAddress(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

/** Another issuer's description says nothing of this one's keys. */
function keySetAddress(issuer: string, description: unknown): string {
  const { issuer: named, jwks_uri: address } = (description ?? {}) as { issuer?: unknown; jwks_uri?: unknown };
  if (typeof named !== 'string') throw new Error('what is found at the issuer is no description of one');
  if (named !== issuer) throw new OtherIssuer();
  if (typeof address !== 'string') throw new Error('the description of the issuer has no jwks_uri');
  return address;
}
