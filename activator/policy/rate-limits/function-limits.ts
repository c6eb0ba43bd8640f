import type { ExactLimits } from './exact-limits.ts';
import type { LimitAnswer, LimitAsked } from './exact-script.ts';
import { remaining } from './gcra.ts';
import type { KeyOwner } from './key-space.ts';
import type { LimitRule } from './limit-rules.ts';
import type { Limit, LimitVerdict, RateLimiter } from './rate-limiter.ts';

/** Where the limits of all functions of this gateway are kept. */
export interface LimitStores {
  limiter: RateLimiter;
  /** Limits that hold over all gateways to the request; undefined: they share them by what they tell each other. */
  exact: ExactLimits | undefined;
}

/** The limits of one function, as long as it lives: what was used up stays so when the function changes. */
export class FunctionLimits implements Disposable {
  readonly #functionKey: string;
  readonly #stores: LimitStores;
  readonly #owner: KeyOwner;
  /** By name. */
  #limits = new Map<string, { limit: Limit; of: string }>();

  constructor(functionKey: string, stores: LimitStores) {
    this.#functionKey = functionKey;
    this.#owner = { keys: 0, namespace: functionKey.split('/', 1)[0] ?? '' };
    this.#stores = stores;
  }

  /** The limits that hold from now on. */
  update(rules: readonly LimitRule[]): Map<LimitRule, Limit> {
    const { limiter } = this.#stores;
    const before = this.#limits;
    this.#limits = new Map();
    const made = new Map<LimitRule, Limit>();
    for (const rule of rules) {
      const known = before.get(rule.name);
      const kept = known?.of === rule.of ? known.limit : undefined;
      if (kept !== undefined) before.delete(rule.name);
      const limit = limiter.add(
        { functionKey: this.#functionKey, name: rule.name, rate: rule.rate },
        this.#owner,
        kept,
      );
      this.#limits.set(rule.name, { limit, of: rule.of });
      made.set(rule, limit);
    }
    for (const { limit } of before.values()) limiter.remove(limit);
    return made;
  }

  /** Whether all of them let one more request pass; if so, it is used up in all of them, else in none. */
  judge(asked: readonly (LimitAsked & { limit: Limit })[]): LimitVerdict[] | Promise<LimitVerdict[]> {
    const { exact } = this.#stores;
    const answer = exact?.ask(asked);
    return answer === undefined ? this.#judge(asked) : this.#byAnswer(asked, answer);
  }

  [Symbol.dispose](): void {
    for (const { limit } of this.#limits.values()) this.#stores.limiter.remove(limit);
    this.#limits.clear();
  }

  #judge(asked: readonly (LimitAsked & { limit: Limit })[]): LimitVerdict[] {
    const { limiter } = this.#stores;
    const verdicts = asked.map(({ limit, key }) => limiter.ask(limit, key));
    if (verdicts.some(({ retryMs }) => retryMs > 0)) return verdicts;
    asked.forEach(({ limit, key }, i) => {
      limiter.use(limit, key, verdicts[i]?.tatMs);
    });
    return verdicts;
  }

  /** What was let through counts here too, so that little is let through twice when the exact limits fail. */
  async #byAnswer(
    asked: readonly (LimitAsked & { limit: Limit })[],
    answered: Promise<LimitAnswer[] | undefined>,
  ): Promise<LimitVerdict[]> {
    const answers = await answered;
    if (answers === undefined) return this.#judge(asked);
    const passes = answers.every(({ retryMs }) => retryMs === 0);
    return asked.map(({ limit, key }, i) => {
      const { retryMs, fullMs } = answers[i] as LimitAnswer;
      if (passes) this.#stores.limiter.use(limit, key);
      return { retryMs, fullMs, remaining: remaining(limit.rate, fullMs, 0) };
    });
  }
}
