import { createHash } from 'node:crypto';

/** What the API server says of a token. */
export type Verdict = 'allowed' | 'forbidden' | 'unknown-token';

export interface LogAccessOptions {
  /** Asks the API server in the asker's own name whether it may get the logs of pods in a namespace. Throws when there is no answer. */
  review: (token: string, namespace: string) => Promise<Verdict>;
  /** Milliseconds that only ever grow. */
  now?: () => number;
}

const KEEP_MS = 10_000;
const MOST_KEPT = 1_000;
/** Questions to the API server at once: who sends thousands of tokens does not make us send it thousands of requests. */
const MOST_REVIEWS = 16;
/** Further ones wait in the order in which they came, as many as there may be connections, so that who has a right is answered in between. */
const MOST_WAITING = 256;
const LONGEST_WAIT_MS = 5_000;

/** There are too many questions under way: ask again a little later. */
export class TooManyReviews extends Error {
  override readonly name = 'TooManyReviews';
}

/** Whether a token may read the logs of a namespace; an answer holds for ten seconds. Tokens are held as digests alone. */
export class LogAccess {
  readonly #options: LogAccessOptions;
  readonly #now: () => number;
  readonly #kept = new Map<string, { verdict: Promise<Verdict>; untilMs: number }>();
  #reviews = 0;
  readonly #waiting = new Set<() => void>();

  constructor(options: LogAccessOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Rejects with TooManyReviews, or with what `review` throws. */
  async verdict(token: string, namespace: string): Promise<Verdict> {
    const key = createHash('sha256').update(`${namespace}\0${token}`).digest('base64');
    const known = this.#kept.get(key);
    if (known !== undefined && known.untilMs > this.#now()) return await known.verdict;
    if (this.#waiting.size >= MOST_WAITING) throw new TooManyReviews('too many questions of who may read logs at once');
    const verdict = this.#review(token, namespace);
    this.#keep(key, verdict);
    return await verdict;
  }

  async #review(token: string, namespace: string): Promise<Verdict> {
    if (this.#reviews >= MOST_REVIEWS) await this.#turn();
    else this.#reviews += 1;
    try {
      return await this.#options.review(token, namespace);
    } finally {
      const [next] = this.#waiting;
      if (next === undefined) this.#reviews -= 1;
      else next();
    }
  }

  /** Resolves when a question that ends hands its place on. */
  #turn(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (): void => {
      clearTimeout(timer);
      this.#waiting.delete(next);
    };
    const next = (): void => {
      leave();
      resolve();
    };
    const timer = setTimeout(() => {
      leave();
      reject(new TooManyReviews('the API server takes long to say who may read logs'));
    }, LONGEST_WAIT_MS);
    this.#waiting.add(next);
    return promise;
  }

  #keep(key: string, verdict: Promise<Verdict>): void {
    this.#kept.delete(key);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(key, { verdict, untilMs: this.#now() + KEEP_MS });
    // A question without an answer is asked anew.
    verdict.catch(() => this.#kept.delete(key));
  }
}
