/**
 * JSON Web Tokens (RFC 7519): read, and checked against a public key as RFC 8725 asks for. By hand, for an idle process
 * pays 5 MiB for a library that stands on WebCrypto, whose checks never end in the same turn.
 */
import { isUtf8 } from 'node:buffer';
import { constants, type KeyObject, type SigningOptions, verify } from 'node:crypto';

export interface Jwt {
  readonly alg: string;
  /** Empty: none is named. */
  readonly kid: string;
  /** Media type in lower case, without `application/`; undefined: none is named. */
  readonly typ: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  /** What is signed. */
  readonly signed: string;
  readonly signature: Buffer;
}

/** A public key of a key set. */
export interface VerificationKey {
  readonly key: KeyObject;
  /** The one algorithm that it is for; undefined: the set does not say. */
  readonly alg: string | undefined;
}

/** What a token has to say. */
export interface ClaimRules {
  issuer: string;
  audience: string;
  subject: string;
}

interface Algorithm {
  /** Null: the algorithm hashes by itself. */
  readonly hash: string | null;
  readonly type: 'rsa' | 'ec' | 'ed25519';
  readonly curve?: string;
  readonly options?: SigningOptions;
}

/** Kubernetes' tokens have about 1 KiB, those of OpenID providers up to 4. */
export const JWT_MAX_CHARACTERS = 8 * 1024;
const KID_MAX_CHARACTERS = 256;
const PART = /^[A-Za-z0-9_-]+$/;
/** Seconds that two clocks may differ; as much as API servers allow. */
const LEEWAY_SECONDS = 60;

/** Of the key; a longer one, or a larger exponent, makes each check expensive. */
const RSA_BITS = { least: 2048, most: 8192 };
const LARGEST_EXPONENT = 0xff_ff_ff_ffn;

const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
const ecdsa = { dsaEncoding: 'ieee-p1363' } as const;

/** Signatures that are accepted, each with the one kind of key that may make it: the token does not choose its check. */
const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map<string, Algorithm>([
  ['RS256', { hash: 'sha256', type: 'rsa' }],
  ['RS384', { hash: 'sha384', type: 'rsa' }],
  ['RS512', { hash: 'sha512', type: 'rsa' }],
  ['PS256', { hash: 'sha256', type: 'rsa', options: pss }],
  ['PS384', { hash: 'sha384', type: 'rsa', options: pss }],
  ['PS512', { hash: 'sha512', type: 'rsa', options: pss }],
  ['ES256', { hash: 'sha256', type: 'ec', curve: 'prime256v1', options: ecdsa }],
  ['ES384', { hash: 'sha384', type: 'ec', curve: 'secp384r1', options: ecdsa }],
  ['ES512', { hash: 'sha512', type: 'ec', curve: 'secp521r1', options: ecdsa }],
  ['EdDSA', { hash: null, type: 'ed25519' }],
  ['Ed25519', { hash: null, type: 'ed25519' }],
]);

/** Undefined for what is no token, is too long, or asks for extensions. Checks no signature, and follows nothing that the token names. */
export function readJwt(token: string): Jwt | undefined {
  if (token.length > JWT_MAX_CHARACTERS) return undefined;
  const [header = '', payload = '', signature = '', ...more] = token.split('.');
  if (more.length > 0) return undefined;
  const [headerBytes, payloadBytes, signatureBytes] = [header, payload, signature].map(bytesIn);
  if (headerBytes === undefined || payloadBytes === undefined || signatureBytes === undefined) return undefined;
  const { alg, kid = '', typ, crit, b64 } = objectIn(headerBytes) ?? {};
  const claims = objectIn(payloadBytes);
  if (typeof alg !== 'string' || typeof kid !== 'string' || kid.length > KID_MAX_CHARACTERS) return undefined;
  if (crit !== undefined || b64 !== undefined || claims === undefined) return undefined;
  if (typ !== undefined && typeof typ !== 'string') return undefined;
  const type = typ?.toLowerCase().replace(/^application\//, '');
  return { alg, kid, typ: type, claims, signed: `${header}.${payload}`, signature: signatureBytes };
}

/** Undefined: it is not the one spelling of its bytes in base64url. */
function bytesIn(part: string): Buffer | undefined {
  if (!PART.test(part)) return undefined;
  const bytes = Buffer.from(part, 'base64url');
  return bytes.toString('base64url') === part ? bytes : undefined;
}

function objectIn(bytes: Buffer): Record<string, unknown> | undefined {
  if (!isUtf8(bytes)) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whether signatures of this algorithm are accepted of any key. */
export function isAcceptedAlgorithm(alg: string): boolean {
  return ALGORITHMS.has(alg);
}

/** Whether it is a key of a kind, and of a size, by which tokens are checked. */
export function isVerificationKey(key: KeyObject): boolean {
  if (key.type !== 'public') return false;
  const { namedCurve, modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') {
    const isSound = publicExponent >= 3n && publicExponent <= LARGEST_EXPONENT && publicExponent % 2n === 1n;
    return modulusLength >= RSA_BITS.least && modulusLength <= RSA_BITS.most && isSound;
  }
  const kinds = [...ALGORITHMS.values()];
  return kinds.some(({ type, curve }) => type !== 'rsa' && type === key.asymmetricKeyType && curve === namedCurve);
}

/** Whether the key made the token's signature, by an algorithm that is accepted of such a key. */
export function isSignedBy(jwt: Jwt, { key, alg }: VerificationKey): boolean {
  const algorithm = ALGORITHMS.get(jwt.alg);
  if (algorithm === undefined || (alg !== undefined && alg !== jwt.alg)) return false;
  if (key.asymmetricKeyType !== algorithm.type || key.asymmetricKeyDetails?.namedCurve !== algorithm.curve)
    return false;
  if (!isVerificationKey(key)) return false;
  try {
    return verify(algorithm.hash, Buffer.from(jwt.signed), { key, ...algorithm.options }, jwt.signature);
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
