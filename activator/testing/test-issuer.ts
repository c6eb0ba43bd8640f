/** For tests: one that signs tokens, well or not. */
import { generateKeyPairSync, type KeyObject, type SigningOptions, sign } from 'node:crypto';
import { IssuerKeySets } from '../policy/access/issuer-key-sets.ts';
import type { TokenChecks } from '../policy/access/jwt.ts';
import { ClusterIssuer } from '../policy/access/service-accounts.ts';
import { VerifiedTokens } from '../policy/access/verified-tokens.ts';

export const ISSUER = 'https://login.example';
export const AUDIENCE = 'shop';
/** Seconds since 1970. */
export const NOW = 1_800_000_000;
export const CLAIMS = { iss: ISSUER, aud: [AUDIENCE], sub: 'anna', iat: NOW, exp: NOW + 600 };

interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
/** By kid. */
export const KEYS = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  p256: ec('P-256'),
  p384: ec('P-384'),
  p521: ec('P-521'),
  ed: generateKeyPairSync('ed25519'),
} satisfies Record<string, SigningKey>;
/** Of nobody that the gateway trusts. */
export const STRANGER: SigningKey = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const STRANGER_EC: SigningKey = ec('P-256');

/** What each kid signs with. */
export const KID_OF: Readonly<Record<string, keyof typeof KEYS>> = {
  ...{ RS256: 'rsa', RS384: 'rsa', RS512: 'rsa', PS256: 'rsa', PS384: 'rsa', PS512: 'rsa' },
  ...{ ES256: 'p256', ES384: 'p384', ES512: 'p521', EdDSA: 'ed', Ed25519: 'ed' },
};

export const jwkOf = (key: KeyObject, more: object = {}): object => ({
  ...key.export({ format: 'jwk' }),
  use: 'sig',
  ...more,
});
export const keySet = (): { keys: object[] } => ({
  keys: Object.entries(KEYS).map(([kid, { publicKey }]) => jwkOf(publicKey, { kid })),
});

/** @param value taken as it is where it is text */
export const encoded = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

function optionsOf(alg: string): SigningOptions {
  if (alg.startsWith('PS')) return { padding: 6, saltLength: Number(alg.slice(2)) / 8 };
  return alg.startsWith('ES') ? { dsaEncoding: 'ieee-p1363' } : {};
}

export interface TokenParts {
  header?: unknown;
  claims?: unknown;
  key?: KeyObject | undefined;
  /** Of the signature; default: that of the header. */
  alg?: string;
}

export function aToken({ header, claims = CLAIMS, key, alg }: TokenParts = {}): string {
  const head = header ?? { alg: 'RS256', kid: 'rsa' };
  const by = alg ?? String((head as { alg?: unknown }).alg);
  const signer = key ?? KEYS[KID_OF[by] ?? 'rsa'].privateKey;
  const signed = `${encoded(head)}.${encoded(claims)}`;
  const hash = by.startsWith('Ed') ? null : `sha${by.slice(2)}`;
  return `${signed}.${sign(hash, Buffer.from(signed), { key: signer, ...optionsOf(by) }).toString('base64url')}`;
}

/** Checks with a clock and an issuer in the test's hands. */
export class TestIssuer {
  nowSeconds = NOW;
  /** What it answers; undefined: nothing. */
  answer: unknown = keySet();
  asked = 0;
  /** While it is set, answers wait for it. */
  pending: Promise<void> | undefined;
  readonly checks: TokenChecks;

  constructor() {
    const load = async () => {
      this.asked += 1;
      await this.pending;
      if (this.answer === undefined) throw new Error('login.example cannot be asked');
      return this.answer;
    };
    const nowMs = () => this.nowSeconds * 1000;
    const issuers = new IssuerKeySets({ load, nowMs, failed: () => undefined });
    const description = async () => ({ issuer: ISSUER });
    const cluster = new ClusterIssuer({ description, keys: load, nowMs });
    this.checks = { issuers, cluster, verified: new VerifiedTokens(), wallMs: nowMs };
  }
}
