import { createPublicKey, type KeyObject } from 'node:crypto';

interface KeySetOptions {
  /** Asks for the JSON Web Key Set (RFC 7517); rejects when there is no answer. */
  load: () => Promise<unknown>;
  /** Milliseconds that only grow. */
  nowMs: () => number;
}

/** As long as API servers let their key set be cached: a key that was taken back is good for so long. */
const MAX_AGE_MS = 3_600_000;
/** Tokens may name any key; the key set is asked for no more often. */
const LOAD_PAUSE_MS = 10_000;
const MOST_KEYS = 32;

/** The public keys of a signer: cached, asked for anew for a key that is not known, and kept while there is no answer. */
export class KeySet {
  readonly #options: KeySetOptions;
  #keys: ReadonlyMap<string, KeyObject> | undefined;
  #loadedAtMs = Number.NEGATIVE_INFINITY;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | undefined;

  constructor(options: KeySetOptions) {
    this.#options = options;
  }

  /** The key of that id; `unknown`: the set has none; `unavailable`: there was never an answer. Never rejects. */
  async find(kid: string): Promise<KeyObject | 'unknown' | 'unavailable'> {
    const isOld = this.#options.nowMs() - this.#loadedAtMs >= MAX_AGE_MS;
    if (isOld || !this.#keys?.has(kid)) await this.#refresh();
    if (this.#keys === undefined) return 'unavailable';
    return this.#keys.get(kid) ?? 'unknown';
  }

  async #refresh(): Promise<void> {
    const { nowMs, load } = this.#options;
    if (this.#loading === undefined) {
      if (nowMs() - this.#triedAtMs < LOAD_PAUSE_MS) return;
      this.#triedAtMs = nowMs();
      this.#loading = load()
        .then((answer) => {
          this.#keys = keysIn(answer);
          this.#loadedAtMs = nowMs();
        })
        .catch(() => undefined)
        .finally(() => {
          this.#loading = undefined;
        });
    }
    await this.#loading;
  }
}

/** By id. Those that cannot be used are left out: a newer API server may have others beside them. Throws for no key set. */
function keysIn(answer: unknown): Map<string, KeyObject> {
  const { keys } = (answer ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new TypeError('the answer is no JSON Web Key Set');
  const found = new Map<string, KeyObject>();
  for (const jwk of keys.slice(0, MOST_KEYS)) {
    const { kid = '', use = 'sig' } = (jwk ?? {}) as { kid?: unknown; use?: unknown };
    if (typeof kid !== 'string' || use !== 'sig') continue;
    try {
      found.set(kid, createPublicKey({ key: jwk, format: 'jwk' }));
    } catch {}
  }
  return found;
}
