import { createPublicKey } from 'node:crypto';
import { isAcceptedAlgorithm, isVerificationKey, type VerificationKey } from './jwt.ts';

export interface KeySetOptions {
  /** Asks for the JSON Web Key Set (RFC 7517); rejects when there is no answer. Bounded in time and in size. */
  load: () => Promise<unknown>;
  /** Milliseconds that only grow. */
  nowMs: () => number;
  /** Keys that are older are asked for anew while they are used. Default: an hour, as the next. */
  freshMs?: number;
  /**
   * Keys that are older are used only when there is no answer: a key that was taken back is good for so long. Default: an
   * hour, as long as API servers let their key set be cached.
   */
  maxAgeMs?: number;
  /** Keys that are older are not used. Default: never. */
  keptMs?: number;
  /** Token bucket for what is asked: one for each so many milliseconds, `burst` at once. Default: 10 s, 1. */
  pauseMs?: number;
  burst?: number;
  /** After no answer, the next time it is asked for. Default: `pauseMs`. */
  failurePauseMs?: number;
}

type Found = VerificationKey | 'unknown' | 'unavailable';

const DEFAULT_MAX_AGE_MS = 3_600_000;
const DEFAULT_PAUSE_MS = 10_000;
const MOST_KEYS = 100;
const MOST_CHARACTERS_OF_A_KEY = 4_096;

interface KnownKey extends VerificationKey {
  /** The key set's own text of it. */
  readonly text: string;
}

/**
 * The public keys of a signer: cached, asked for anew in the background and, at a bounded rate, for a key that is not
 * known; kept while there is no answer. There is no timer: a set that is not used asks for nothing.
 */
export class KeySet {
  readonly #options: Required<KeySetOptions>;
  #keys: ReadonlyMap<string, KnownKey> | undefined;
  #loadedAtMs = Number.NEGATIVE_INFINITY;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #tokens: number;
  #failure: string | undefined;
  #loading: Promise<void> | undefined;

  constructor(options: KeySetOptions) {
    const { maxAgeMs = DEFAULT_MAX_AGE_MS, pauseMs = DEFAULT_PAUSE_MS, burst = 1 } = options;
    const defaults = { freshMs: maxAgeMs, keptMs: Number.POSITIVE_INFINITY, failurePauseMs: pauseMs };
    this.#options = { ...defaults, maxAgeMs, pauseMs, burst, ...options };
    this.#tokens = burst;
  }

  /** Why there was no answer the last time; undefined: there was one. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /**
   * The key of that id, the same object as long as the set has it; `unknown`: the set has none; `unavailable`: there is no
   * set. A promise only where the set has to be asked for; it never rejects. @param kid empty: of a set with one key, that
   */
  find(kid: string): Found | Promise<Found> {
    const ageMs = this.#options.nowMs() - this.#loadedAtMs;
    const known = this.#known(kid);
    if (known === undefined || ageMs >= this.#options.keptMs) return this.#findAnew(kid);
    // Half-open: while there is no answer, one request waits for each try, the others do not.
    if (ageMs >= this.#options.maxAgeMs && !this.#hasJustFailed) return this.#findAnew(kid);
    if (ageMs >= this.#options.freshMs) this.#refresh();
    return known;
  }

  get #hasJustFailed(): boolean {
    const { nowMs, failurePauseMs } = this.#options;
    return this.#failure !== undefined && nowMs() - this.#triedAtMs < failurePauseMs;
  }

  async #findAnew(kid: string): Promise<Found> {
    await this.#refresh();
    if (this.#options.nowMs() - this.#loadedAtMs >= this.#options.keptMs) this.#keys = undefined;
    if (this.#keys === undefined) return 'unavailable';
    return this.#known(kid) ?? 'unknown';
  }

  #known(kid: string): KnownKey | undefined {
    const [only] = kid === '' && this.#keys?.size === 1 ? this.#keys.values() : [];
    return this.#keys?.get(kid) ?? only;
  }

  /** Resolves once what is asked for is there, or at once where it may not be asked for. */
  #refresh(): Promise<void> {
    if (this.#loading !== undefined) return this.#loading;
    if (!this.#mayAsk()) return Promise.resolve();
    const { load, nowMs } = this.#options;
    this.#loading = load()
      .then((answer) => {
        this.#keys = keysIn(answer, this.#keys);
        this.#loadedAtMs = nowMs();
        this.#failure = undefined;
      })
      .catch((error: unknown) => {
        this.#failure = error instanceof Error ? error.message : String(error);
      })
      .finally(() => {
        this.#loading = undefined;
      });
    return this.#loading;
  }

  #mayAsk(): boolean {
    const { nowMs, pauseMs, burst, failurePauseMs } = this.#options;
    const elapsedMs = nowMs() - this.#triedAtMs;
    const tokens = Math.min(burst, this.#tokens + elapsedMs / pauseMs);
    if (this.#failure === undefined ? tokens < 1 : elapsedMs < failurePauseMs) return false;
    this.#tokens = Math.max(0, tokens - 1);
    this.#triedAtMs = nowMs();
    return true;
  }
}

/** By id. Those that cannot be used are left out: a newer signer may have others beside them. Throws for no key set. */
export function keysIn(answer: unknown, before: ReadonlyMap<string, KnownKey> = new Map()): Map<string, KnownKey> {
  const { keys } = (answer ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new TypeError('the answer is no JSON Web Key Set');
  if (keys.length > MOST_KEYS) throw new TypeError(`the key set has more than ${MOST_KEYS} keys`);
  const found = new Map<string, KnownKey>();
  for (const jwk of keys) {
    const id = idOf(jwk);
    if (id === undefined || found.has(id)) continue;
    const text = JSON.stringify(jwk);
    const known = before.get(id);
    const key = known?.text === text ? known : keyIn(jwk, text);
    if (key !== undefined) found.set(id, key);
  }
  return found;
}

/** Undefined: it is not for signatures that anyone may check. A private key that is shown to everyone proves nothing. */
function idOf(jwk: unknown): string | undefined {
  if (typeof jwk !== 'object' || jwk === null) return undefined;
  const { kid = '', use = 'sig', key_ops: uses = ['verify'], d, k } = jwk as Record<string, unknown>;
  if (typeof kid !== 'string' || use !== 'sig' || d !== undefined || k !== undefined) return undefined;
  return Array.isArray(uses) && uses.includes('verify') ? kid : undefined;
}

function keyIn(jwk: object, text: string): KnownKey | undefined {
  const { alg } = jwk as { alg?: unknown };
  if (text.length > MOST_CHARACTERS_OF_A_KEY) return undefined;
  if (alg !== undefined && (typeof alg !== 'string' || !isAcceptedAlgorithm(alg))) return undefined;
  try {
    const key = createPublicKey({ key: jwk as Record<string, string>, format: 'jwk' });
    return isVerificationKey(key) ? { key, alg, text } : undefined;
  } catch {
    return undefined;
  }
}
