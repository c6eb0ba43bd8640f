import { GATEWAY_AUDIENCE } from '#api/invocations.ts';
import { readJwt } from '#platform/access/jwt.ts';
import type { KeySet } from '#platform/access/key-set.ts';
import { TokenVerifier } from '#platform/access/token-verifier.ts';

/** `unavailable`: there is nothing to check it with now. */
export type TokenVerdict = 'good' | 'bad' | 'unavailable';

interface TokenParts {
  /** The API server's keys for service account tokens, and who it says it is, which is known once they were asked for. */
  cluster: { readonly keys: KeySet; readonly issuer: string | undefined };
  /** `system:serviceaccount:<namespace>:<name>`: whose tokens are good. */
  subject: string;
  /** Milliseconds since 1970. */
  wallMs: () => number;
}

/** Tokens that were found good; one dispatcher has one at a time. */
const MOST_KEPT = 16;
/** For so long at most: a key may be taken back. */
const KEPT_MS = 600_000;
/** Different tokens that are looked at at once; each may wait for the API server. */
const MOST_CHECKED = 16;

/** Knows the dispatcher by its service account's token, without a call to the API server for each request. */
export class DispatcherTokens {
  readonly #parts: TokenParts;
  readonly #verifier: TokenVerifier;
  /** Until when each is good, in milliseconds since 1970; the oldest first. */
  readonly #good = new Map<string, number>();
  readonly #checked = new Map<string, Promise<TokenVerdict>>();

  constructor(parts: TokenParts) {
    this.#parts = parts;
    this.#verifier = new TokenVerifier(parts.cluster.keys, () => parts.wallMs() / 1000);
  }

  /** Never rejects. @param authorization of the header; undefined: there is none */
  check(authorization: string | undefined): TokenVerdict | Promise<TokenVerdict> {
    const token = /^Bearer ([^\s]+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return 'bad';
    if (this.#parts.wallMs() < (this.#good.get(token) ?? 0)) return 'good';
    const before = this.#checked.get(token);
    if (before !== undefined) return before;
    if (this.#checked.size >= MOST_CHECKED) return 'unavailable';
    const checked = this.#verify(token).finally(() => this.#checked.delete(token));
    this.#checked.set(token, checked);
    return checked;
  }

  async #verify(token: string): Promise<TokenVerdict> {
    const { cluster, subject, wallMs } = this.#parts;
    // Its issuer is known once the keys were asked for, which the verifier does; it is looked at then.
    const issuer = cluster.issuer ?? String(readJwt(token)?.claims.iss);
    const verdict = await this.#verifier.verify(token, { issuer, subject, audience: GATEWAY_AUDIENCE });
    if (!('claims' in verdict)) return verdict.fault === 'keys' ? 'unavailable' : 'bad';
    if (cluster.issuer === undefined || verdict.claims.iss !== cluster.issuer) return 'bad';
    this.#keep(token, Math.min(Number(verdict.claims.exp) * 1000, wallMs() + KEPT_MS));
    return 'good';
  }

  #keep(token: string, untilMs: number): void {
    this.#good.delete(token);
    this.#good.set(token, untilMs);
    const [oldest] = this.#good.keys();
    if (this.#good.size > MOST_KEPT && oldest !== undefined) this.#good.delete(oldest);
  }
}
