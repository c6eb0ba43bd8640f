import type { Log } from '#platform/process/log.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { Store } from './store.ts';

/** The store does nothing else while it counts a million entries: it does so for no more than this part of its time. */
const MOST_SHARE = 100;

interface ConservationCheckParts {
  store: Pick<Store, 'unaccounted'>;
  clock: Clock;
  log: Log;
  /** Between two looks; longer where one takes long. */
  pauseMs: number;
}

/** Looks now and then whether the store lost or made up any entry. */
export class ConservationCheck implements Disposable {
  readonly #store: Pick<Store, 'unaccounted'>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #pauseMs: number;
  #cancel: () => void;
  #isEnded = false;
  #found: number | undefined;

  /** Looks `pauseMs` later for the first time. */
  constructor({ store, clock, log, pauseMs }: ConservationCheckParts) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#pauseMs = pauseMs;
    this.#cancel = clock.after(pauseMs, () => void this.#look());
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
    this.#cancel = this.#clock.after(Math.max(this.#pauseMs, tookMs * MOST_SHARE), () => void this.#look());
  }
}
