import { createHash } from 'node:crypto';

/** What the API server says of a token. */
export type Verdict = 'allowed' | 'forbidden' | 'unknown-token';

/** What is asked for, as a SelfSubjectAccessReview has it. */
export interface ResourceAttributes {
  namespace: string;
  verb: string;
  /** Absent: the core group. */
  group?: string;
  resource: string;
  subresource?: string;
  /** Absent: all of them. */
  name?: string;
}

export interface AccessVerdictsOptions {
  /** Asks the API server in the asker's own name. Throws when there is no answer. */
  review: (token: string, attributes: ResourceAttributes) => Promise<Verdict>;
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

/** Whether a token may do something; an answer holds for ten seconds. Tokens are held as digests alone. */
export class AccessVerdicts {
  readonly #options: AccessVerdictsOptions;
  readonly #now: () => number;
  readonly #kept = new Map<string, { verdict: Promise<Verdict>; untilMs: number }>();
  #reviews = 0;
  readonly #waiting = new Set<() => void>();

  constructor(options: AccessVerdictsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Rejects with TooManyReviews, or with what `review` throws. */
  async verdict(token: string, attributes: ResourceAttributes): Promise<Verdict> {
    const key = keyOf(token, attributes);
    const known = this.#kept.get(key);
    if (known !== undefined && known.untilMs > this.#now()) return await known.verdict;
    if (this.#waiting.size >= MOST_WAITING) throw new TooManyReviews('too many questions of who may do what at once');
    const verdict = this.#review(token, attributes);
    this.#keep(key, verdict);
    return await verdict;
  }

  async #review(token: string, attributes: ResourceAttributes): Promise<Verdict> {
    if (this.#reviews >= MOST_REVIEWS) await this.#turn();
    else this.#reviews += 1;
    try {
      return await this.#options.review(token, attributes);
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
      reject(new TooManyReviews('the API server takes long to say who may do what'));
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

/** Two questions that differ in anything have different keys. */
function keyOf(token: string, { namespace, verb, group, resource, subresource, name }: ResourceAttributes): string {
  const question = JSON.stringify([token, namespace, verb, group ?? '', resource, subresource ?? '', name ?? '']);
  return createHash('sha256').update(question).digest('base64');
}
