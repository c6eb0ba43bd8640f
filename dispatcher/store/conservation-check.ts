import type { Log } from '#platform/process/log.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { Store } from './store.ts';

const PAUSE_MS = 60_000;
/** The store does nothing else while it counts a million entries: it does so for no more than this part of its time. */
const MOST_SHARE = 100;

/** Looks now and then whether the store lost or made up any entry. */
export class ConservationCheck implements Disposable {
  readonly #store: Pick<Store, 'unaccounted'>;
  readonly #clock: Clock;
  readonly #log: Log;
  #cancel: () => void;
  #isEnded = false;
  #found: number | undefined;

  /** Looks a minute later for the first time. */
  constructor(store: Pick<Store, 'unaccounted'>, clock: Clock, log: Log) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#cancel = clock.after(PAUSE_MS, () => void this.#look());
  }

  /** Entries that were accepted, less those that are there or have ended; undefined: it has not looked yet. */
  get found(): number | undefined {
    return this.#found;
  }

  [Symbol.dispose](): void {
    this.#isEnded = true;
    this.#cancel();
  }

  async #look(): Promise<void> {
    const startedAtMs = this.#clock.nowMs();
    try {
      this.#found = await this.#store.unaccounted();
      if (this.#found !== 0)
        this.#log.error(
          { unaccounted: this.#found },
          'the store does not have what it accepted: this is a fault of it',
        );
    } catch (error) {
      this.#log.debug({ err: error }, 'the store could not be counted');
    }
    if (this.#isEnded) return;
    const tookMs = this.#clock.nowMs() - startedAtMs;
    this.#cancel = this.#clock.after(Math.max(PAUSE_MS, tookMs * MOST_SHARE), () => void this.#look());
  }
}
