import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import type { Failure } from './failure.ts';
import { Fifo } from './fifo.ts';

/** As many are answered in one turn of the event loop; what else came in that turn does not wait for the rest. */
const PER_TURN = 4;
/** A function's refusals are logged at once, and then no more often than this. */
const SUMMARY_MS = 10_000;

interface Refusable {
  refuse(failure: Failure): void;
}

interface Count {
  functionKey: string;
  failure: Failure;
  /** Not logged yet. */
  count: number;
}

/**
 * Turns requests away, of all functions. However many come at once, they hold others up no longer than a few of them
 * take, and they fill no log.
 */
export class Refusals implements Disposable {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #counts = new Map<string, Count>();
  readonly #cancels = new Set<() => void>();
  readonly #waiting = new Fifo<{ visitor: Refusable; failure: Failure }>();
  #inThisTurn = 0;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Now, or in one of the next turns of the event loop. */
  refuse(visitor: Refusable, failure: Failure, functionKey: string): void {
    this.#count(functionKey, failure);
    if (this.#inThisTurn === 0) setImmediate(() => this.#turn());
    if (this.#inThisTurn < PER_TURN && this.#waiting.size === 0) {
      this.#inThisTurn += 1;
      visitor.refuse(failure);
    } else {
      this.#waiting.append({ visitor, failure });
    }
  }

  [Symbol.dispose](): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }

  #turn(): void {
    this.#inThisTurn = 0;
    for (let place = this.#waiting.first; place !== undefined; place = this.#waiting.first) {
      if (this.#inThisTurn === PER_TURN) break;
      this.#inThisTurn += 1;
      this.#waiting.remove(place);
      place.value.visitor.refuse(place.value.failure);
    }
    if (this.#inThisTurn > 0) setImmediate(() => this.#turn());
  }

  #count(functionKey: string, failure: Failure): void {
    const key = `${functionKey} ${failure.code}`;
    const known = this.#counts.get(key);
    if (known !== undefined) {
      known.failure = failure;
      known.count += 1;
      return;
    }
    const count = { functionKey, failure, count: 1 };
    this.#counts.set(key, count);
    this.#say(key, count);
  }

  /** At once, and again as long as there is something to add. */
  #say(key: string, count: Count): void {
    const { code, message } = count.failure;
    this.#log.warn({ function: count.functionKey, code, why: message, requests: count.count }, 'requests turned away');
    count.count = 0;
    const cancel = this.#clock.after(SUMMARY_MS, () => {
      this.#cancels.delete(cancel);
      if (count.count > 0) this.#say(key, count);
      else this.#counts.delete(key);
    });
    this.#cancels.add(cancel);
  }
}
