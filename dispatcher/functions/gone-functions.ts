import type { Log } from '#platform/process/log.ts';
import { backoffMs } from '#platform/time/backoff.ts';
import type { Clock } from '#platform/time/clock.ts';
import { type Owner, type Store, StoreError } from '../store/store.ts';

interface GoneFunctionsOptions {
  store: Pick<Store, 'cancelByOwner' | 'counts'>;
  /** Whether one that has entries is gone; asked only once all Functions are known. */
  isGone: (owner: Owner) => boolean;
  clock: Clock;
  random: () => number;
  log: Log;
}

/** While the store cannot: its disk is full, or it has too much to do. */
const RETRY = { baseMs: 500, maxMs: 30_000 };
const COMPARE_MS = 600_000;
/** Of those that wait; what is beyond is found by the next comparison. */
const MOST = 10_000;

/**
 * Ends the work of Functions that are gone, one after the other. Now and then those that have entries are compared with those that
 * there are: one may have gone while this process did not run.
 */
export class GoneFunctions implements Disposable {
  readonly #options: GoneFunctionsOptions;
  readonly #uids = new Set<string>();
  #isRunning = false;
  #isEnded = false;
  #cancelComparison: () => void = () => undefined;
  #cancelPause: () => void = () => undefined;

  constructor(options: GoneFunctionsOptions) {
    this.#options = options;
  }

  add(uid: string): void {
    if (this.#isEnded || this.#uids.size >= MOST) return;
    this.#uids.add(uid);
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  /** To be called once all Functions are known. Compares, and again every ten minutes. Never rejects. */
  async compare(): Promise<void> {
    const { store, isGone, clock, log } = this.#options;
    try {
      for (const { owner } of await store.counts()) if (isGone(owner)) this.add(owner.uid);
    } catch (error) {
      log.warn({ err: error }, 'could not look which functions have entries');
    }
    if (!this.#isEnded) this.#cancelComparison = clock.after(COMPARE_MS, () => void this.compare());
  }

  [Symbol.dispose](): void {
    this.#isEnded = true;
    this.#uids.clear();
    this.#cancelComparison();
    this.#cancelPause();
  }

  async #run(): Promise<void> {
    for (let failures = 0; this.#uids.size > 0; ) {
      const [uid = ''] = this.#uids;
      this.#uids.delete(uid);
      if (await this.#end(uid)) {
        failures = 0;
      } else if (!this.#isEnded) {
        // Last of those that wait: whatever it is that fails, the others have their turn.
        this.#uids.add(uid);
        failures += 1;
        await this.#pause(backoffMs(failures, RETRY, this.#options.random()));
      }
    }
    this.#isRunning = false;
  }

  /** Whether nothing of it is left. */
  async #end(uid: string): Promise<boolean> {
    const { store, log } = this.#options;
    try {
      let removed = 0;
      for (let more = true; more && !this.#isEnded; ) {
        const part = await store.cancelByOwner(uid);
        removed += part.removed;
        more = part.more;
      }
      if (removed > 0) log.info({ uid, removed }, 'the function is gone, and its entries with it');
      return true;
    } catch (error) {
      if (error instanceof StoreError && error.code === 'Closed') this[Symbol.dispose]();
      else log.warn({ uid, err: error }, 'the entries of a function that is gone could not be removed yet');
      return false;
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#cancelPause = this.#options.clock.after(ms, resolve);
    });
  }
}
