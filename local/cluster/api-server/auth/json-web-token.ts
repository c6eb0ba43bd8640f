/** Signed claims in the form that service account tokens have: a JSON Web Token under ES256. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';

/** Tokens whose signature was found good, so that it is checked once. */
const REMEMBERED = 1_000;

/** A new private key, PEM. */
export function newSigningKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Signs claims, and knows its own. */
export class TokenSigner {
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #header: string;
  readonly #kid: string;
  readonly #known = new Map<string, object>();

  /** @param key PEM */
  constructor(key: string) {
    this.#privateKey = createPrivateKey(key);
    this.#publicKey = createPublicKey(this.#privateKey);
    const spki = this.#publicKey.export({ type: 'spki', format: 'der' });
    this.#kid = createHash('sha256').update(spki).digest('base64url');
    this.#header = encoded({ alg: 'ES256', kid: this.#kid });
  }

  /** The public half, as a JSON Web Key Set has it. */
  get publicJwk(): object {
    const { kty, crv, x, y } = this.#publicKey.export({ format: 'jwk' });
    return { use: 'sig', kty, kid: this.#kid, crv, alg: 'ES256', x, y };
  }

  sign(claims: object): string {
    const text = `${this.#header}.${encoded(claims)}`;
    const signature = sign('sha256', Buffer.from(text), { key: this.#privateKey, dsaEncoding: 'ieee-p1363' });
    return `${text}.${signature.toString('base64url')}`;
  }

  /** The claims of a token that this signer made, whatever they say of time; `undefined` for any other text. */
  read(token: string): object | undefined {
    const known = this.#known.get(token);
    if (known !== undefined) return known;
    const claims = this.#verified(token);
    if (claims === undefined) return undefined;
    const [oldest] = this.#known.keys();
    if (this.#known.size >= REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(token, claims);
    return claims;
  }

  #verified(token: string): object | undefined {
    const [header, payload, signature, ...more] = token.split('.');
    if (header !== this.#header || payload === undefined || signature === undefined || more.length > 0)
      return undefined;
    const key = { key: this.#publicKey, dsaEncoding: 'ieee-p1363' } as const;
    const good = verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'));
    return good ? (JSON.parse(Buffer.from(payload, 'base64url').toString()) as object) : undefined;
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
