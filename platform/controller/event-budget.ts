interface EventBudgetPolicy {
  /** How many at once. */
  burst: number;
  /** Time after which one more is granted, in milliseconds. */
  refillMs: number;
}

/** How many Events each object may still have: a bucket of tokens per key. */
export class EventBudget {
  readonly #policy: EventBudgetPolicy;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(policy: EventBudgetPolicy) {
    this.#policy = policy;
  }

  /** Takes one token of `key`; false when there is none. Full buckets are forgotten, so memory follows what is busy. */
  take(key: string, nowMs: number): boolean {
    const tokens = this.#tokensOf(key, nowMs);
    if (tokens < 1) return false;
    if (!this.#buckets.has(key)) this.#forgetFull(nowMs);
    this.#buckets.set(key, { tokens: tokens - 1, atMs: nowMs });
    return true;
  }

  #tokensOf(key: string, nowMs: number): number {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return this.#policy.burst;
    return Math.min(this.#policy.burst, bucket.tokens + (nowMs - bucket.atMs) / this.#policy.refillMs);
  }

  #forgetFull(nowMs: number): void {
    for (const key of [...this.#buckets.keys()]) {
      if (this.#tokensOf(key, nowMs) >= this.#policy.burst) this.#buckets.delete(key);
    }
  }
}
