import { type ClaimRules, isSignedBy, readJwt, wrongClaim } from './jwt.ts';
import type { KeySet } from './key-set.ts';

/** `keys`: there is no key set to check it with. The others: what is wrong with the token. */
type TokenFault = 'malformed' | 'claims' | 'key' | 'signature' | 'keys';

export type Verdict = { claims: Readonly<Record<string, unknown>> } | { fault: TokenFault; detail?: string };

/** Checks tokens of service accounts by themselves, without a call to the API server for each. */
export class TokenVerifier {
  readonly #keys: KeySet;
  readonly #nowSeconds: () => number;

  /** @param nowSeconds since 1970. */
  constructor(keys: KeySet, nowSeconds: () => number = () => Date.now() / 1000) {
    this.#keys = keys;
    this.#nowSeconds = nowSeconds;
  }

  /** Never rejects. What costs least is looked at first; all of it has to be right. */
  async verify(token: string, rules: ClaimRules): Promise<Verdict> {
    const jwt = readJwt(token);
    if (jwt === undefined) return { fault: 'malformed' };
    const wrong = wrongClaim(jwt.claims, rules, this.#nowSeconds());
    if (wrong !== undefined) return { fault: 'claims', detail: wrong };
    const key = await this.#keys.find(jwt.kid);
    if (key === 'unavailable') return { fault: 'keys' };
    if (key === 'unknown') return { fault: 'key', detail: jwt.kid.slice(0, 64) };
    return isSignedBy(jwt, key) ? { claims: jwt.claims } : { fault: 'signature' };
  }
}
