/**
 * JSON Web Tokens (RFC 7519) as Kubernetes gives them to service accounts: read, and checked against a public key. By
 * hand, for an idle process pays 5 MiB for a library that stands on WebCrypto.
 */
import { type KeyObject, verify } from 'node:crypto';

interface Jwt {
  readonly alg: string;
  /** Empty: none is named. */
  readonly kid: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** What is signed. */
  readonly signed: string;
  readonly signature: Buffer;
}

/** What a token has to say. */
export interface ClaimRules {
  issuer: string;
  audience: string;
  subject: string;
}

/** Kubernetes' tokens have about 1 KiB. */
const MOST_CHARACTERS = 8 * 1024;
const PART = /^[A-Za-z0-9_-]+$/;
/** Seconds that two clocks may differ; as much as API servers allow. */
const LEEWAY_SECONDS = 60;
const LEAST_RSA_BITS = 2048;

/** Signatures that are accepted, each with the one kind of key that may make it: the token does not choose its check. */
const ALGORITHMS: Readonly<Record<string, { hash: string; type: 'rsa' | 'ec'; curve?: string }>> = {
  RS256: { hash: 'sha256', type: 'rsa' },
  ES256: { hash: 'sha256', type: 'ec', curve: 'prime256v1' },
  ES384: { hash: 'sha384', type: 'ec', curve: 'secp384r1' },
  ES512: { hash: 'sha512', type: 'ec', curve: 'secp521r1' },
};

/** Undefined for what is no token, is too long, or asks for extensions. Checks no signature. */
export function readJwt(token: string): Jwt | undefined {
  if (token.length > MOST_CHARACTERS) return undefined;
  const [header = '', payload = '', signature = '', ...more] = token.split('.');
  if (more.length > 0 || ![header, payload, signature].every((part) => PART.test(part))) return undefined;
  const { alg, kid = '', crit } = objectIn(header) ?? {};
  const claims = objectIn(payload);
  if (typeof alg !== 'string' || typeof kid !== 'string' || crit !== undefined || claims === undefined)
    return undefined;
  return { alg, kid, claims, signed: `${header}.${payload}`, signature: Buffer.from(signature, 'base64url') };
}

function objectIn(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whether `key` made the token's signature, by an algorithm that is accepted of such a key. */
export function isSignedBy(jwt: Jwt, key: KeyObject): boolean {
  if (!Object.hasOwn(ALGORITHMS, jwt.alg)) return false;
  const algorithm = ALGORITHMS[jwt.alg];
  if (algorithm === undefined || key.type !== 'public' || key.asymmetricKeyType !== algorithm.type) return false;
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (algorithm.type === 'ec' ? namedCurve !== algorithm.curve : modulusLength < LEAST_RSA_BITS) return false;
  try {
    return verify(algorithm.hash, Buffer.from(jwt.signed), { key, dsaEncoding: 'ieee-p1363' }, jwt.signature);
  } catch {
    return false;
  }
}

/** Which claim is not as it has to be; undefined: all are. @param nowSeconds since 1970. */
export function wrongClaim(claims: Jwt['claims'], rules: ClaimRules, nowSeconds: number): string | undefined {
  const { iss, aud, sub, exp, nbf } = claims;
  if (iss !== rules.issuer) return 'iss';
  if (Array.isArray(aud) ? !aud.includes(rules.audience) : aud !== rules.audience) return 'aud';
  if (sub !== rules.subject) return 'sub';
  if (typeof exp !== 'number' || nowSeconds >= exp + LEEWAY_SECONDS) return 'exp';
  if (nbf !== undefined && (typeof nbf !== 'number' || nowSeconds < nbf - LEEWAY_SECONDS)) return 'nbf';
  return undefined;
}
