import type { Log } from '#platform/process/log.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { AsyncPolicy } from '../functions/async-policy.ts';

/** Of one function so many are logged one by one; the rest of the period is one line at its end. */
const ONE_BY_ONE = 5;
const PERIOD_MS = 10_000;

/** Burials of one function in the present period. */
interface Period {
  /** `<namespace>/<name>`. */
  functionKey: string;
  count: number;
  cancel: () => void;
}

interface Buried {
  id: string;
  attempt: number;
  policy: Pick<AsyncPolicy, 'uid' | 'namespace' | 'name'>;
}

/** Says what was given up, without letting a function that fails all the time fill the log. */
export class BurialLog implements Disposable {
  readonly #log: Log;
  readonly #clock: Clock;
  /** By the function's uid; one lives for a period. */
  readonly #periods = new Map<string, Period>();

  constructor({ log, clock }: { log: Log; clock: Clock }) {
    this.#log = log;
    this.#clock = clock;
  }

  /** @param why what the last attempt came to, in words for people. */
  buried({ id, attempt, policy: { uid, namespace, name } }: Buried, why: string | undefined): void {
    const period = this.#periods.get(uid) ?? this.#begin(uid, `${namespace}/${name}`);
    period.count += 1;
    if (period.count > ONE_BY_ONE) return;
    this.#log.warn({ function: period.functionKey, id, attempt, why }, 'an invocation is buried');
  }

  /** Logs the numbers of the periods that have not ended. */
  [Symbol.dispose](): void {
    for (const uid of [...this.#periods.keys()]) this.#end(uid);
  }

  #begin(uid: string, functionKey: string): Period {
    const period = { functionKey, count: 0, cancel: this.#clock.after(PERIOD_MS, () => this.#end(uid)) };
    this.#periods.set(uid, period);
    return period;
  }

  #end(uid: string): void {
    const period = this.#periods.get(uid);
    if (period === undefined) return;
    this.#periods.delete(uid);
    period.cancel();
    const more = period.count - ONE_BY_ONE;
    if (more <= 0) return;
    this.#log.warn({ function: period.functionKey, more, withinMs: PERIOD_MS }, 'more invocations are buried');
  }
}
