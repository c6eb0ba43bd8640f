import type { Clock } from '#platform/time/clock.ts';
import type { KeyedWaits } from '#platform/time/keyed-waits.ts';

interface FunctionLagOptions {
  functions: { knows(uid: string): boolean; isGone(uid: string): boolean };
  /** Told of each uid that becomes known. */
  waits: KeyedWaits;
  clock: Clock;
}

const LAG_MS = 2_000;
/** One that was waited for in vain is not waited for again so soon, so that its entries do not hold up those of others. */
const VAIN_MS = 60_000;
const MOST_VAIN = 1_000;

/** A gateway may hear of a new Function before this process does. */
export class FunctionLag {
  readonly #options: FunctionLagOptions;
  readonly #inVainUntilMs = new Map<string, number>();

  constructor(options: FunctionLagOptions) {
    this.#options = options;
  }

  /** Resolves, at once where it can, when all of them are known, or two seconds later. Never rejects. */
  async over(uids: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const { waits, clock } = this.#options;
    const missing = [...uids].filter((uid) => this.#isMissing(uid, clock.nowMs()));
    if (missing.length === 0) return;
    await Promise.all(missing.map((uid) => waits.wait(uid, LAG_MS, signal)));
    if (signal.aborted) return;
    for (const uid of missing) if (!this.#options.functions.knows(uid)) this.#remember(uid, clock.nowMs() + VAIN_MS);
  }

  #isMissing(uid: string, nowMs: number): boolean {
    const { functions } = this.#options;
    return !functions.knows(uid) && !functions.isGone(uid) && nowMs >= (this.#inVainUntilMs.get(uid) ?? 0);
  }

  #remember(uid: string, untilMs: number): void {
    this.#inVainUntilMs.set(uid, untilMs);
    const [oldest] = this.#inVainUntilMs.keys();
    if (this.#inVainUntilMs.size > MOST_VAIN && oldest !== undefined) this.#inVainUntilMs.delete(oldest);
  }
}
