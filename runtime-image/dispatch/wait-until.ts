import { type Call, currentCall } from '../call/call.ts';
import type { JsonLog } from '../telemetry/log.ts';

/** What was given to `waitUntil`, until it has settled. */
export class WaitUntilSet {
  readonly #log: JsonLog;
  /** For each promise, the call that gave it. */
  readonly #open = new Set<{ call: Call | undefined }>();
  readonly #crashed = new Set<Call>();

  constructor(log: JsonLog) {
    this.#log = log;
  }

  /** Promises that have not settled. */
  get size(): number {
    return this.#open.size;
  }

  /** Whether there is one, but for those of calls that a crash has cut short. */
  get isAny(): boolean {
    return [...this.#open].some(({ call }) => call === undefined || !this.#crashed.has(call));
  }

  /** From now on `isAny` leaves out what `call` has given. */
  crashed(call: Call): void {
    this.#crashed.add(call);
  }

  /** Resolves when `promise`, which the current call gives, has settled. A rejection is logged. */
  async settle(promise: PromiseLike<unknown>): Promise<void> {
    const wait = { call: currentCall.getStore() };
    this.#open.add(wait);
    try {
      await promise;
    } catch (error) {
      this.#log.thrown('error', 'waitUntil failed', error);
    }
    this.#open.delete(wait);
  }
}
