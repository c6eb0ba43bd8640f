import { type ClaimRules, readJwt } from './jwt.ts';
import type { TokenVerifier } from './token-verifier.ts';

export interface AccountTokensOptions {
  verifier: Pick<TokenVerifier, 'verify'>;
  /** A token of this process by the same issuer, of whatever account and audience; rejects while there is none. */
  ownToken: () => Promise<string>;
  /** `system:serviceaccount:<namespace>:<name>`: the account that may ask. */
  subject: string;
  audience: string;
  /** Milliseconds since 1970. */
  nowMs?: () => number;
}

/** `unavailable`: it cannot be told now, for there are no keys, or no own token. */
export type Checked = 'good' | 'bad' | 'unavailable';

const BEARER = /^Bearer ([\w.~+/=-]{1,8192})$/i;
/** Each process of the account has one, and for a while the one before it. */
const MOST_REMEMBERED = 256;
/** A key that was taken back is good for so long at the most, beside what the key set's own age allows. */
const REMEMBERED_MS = 600_000;

/**
 * Tells who asks with a token of one service account. One that was found good is known by its text until it ends, so that its
 * signature is not checked at each request; what is bad is not remembered.
 */
export class AccountTokens {
  readonly #options: AccountTokensOptions;
  readonly #nowMs: () => number;
  /** Until when each is good, the oldest first. */
  readonly #good = new Map<string, number>();

  constructor(options: AccountTokensOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
  }

  /** Never rejects. @param authorization the field's value. */
  async check(authorization: string | undefined): Promise<Checked> {
    const token = BEARER.exec(authorization ?? '')?.[1];
    if (token === undefined) return 'bad';
    const untilMs = this.#good.get(token) ?? 0;
    if (this.#nowMs() < untilMs) return 'good';
    this.#good.delete(token);
    try {
      return await this.#verify(token);
    } catch {
      return 'unavailable';
    }
  }

  async #verify(token: string): Promise<Checked> {
    const { verifier, ownToken, subject, audience } = this.#options;
    const rules: ClaimRules = { issuer: issuerOf(await ownToken()), subject, audience };
    const verdict = await verifier.verify(token, rules);
    if ('fault' in verdict) return verdict.fault === 'keys' ? 'unavailable' : 'bad';
    this.#remember(token, Number(verdict.claims.exp) * 1_000);
    return 'good';
  }

  #remember(token: string, expiresMs: number): void {
    this.#good.set(token, Math.min(expiresMs, this.#nowMs() + REMEMBERED_MS));
    const [oldest] = this.#good.keys();
    if (this.#good.size > MOST_REMEMBERED && oldest !== undefined) this.#good.delete(oldest);
  }
}

/** Throws for a token that is none. */
function issuerOf(token: string): string {
  const issuer = readJwt(token)?.claims.iss;
  if (typeof issuer !== 'string') throw new Error('the own token is no JSON Web Token');
  return issuer;
}
