import type { Clock } from '#platform/time/clock.ts';

/** More of them at once do not wait: those that ask are told how it stands, and may ask again. */
const MOST_WAITS = 10_000;

/** Those that wait until an invocation has ended. */
export class EndedWaits {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #waits = new Map<string, Set<() => void>>();
  #size = 0;

  constructor(clock: Clock, most = MOST_WAITS) {
    this.#clock = clock;
    this.#most = most;
  }

  /** Of those that wait now. */
  get size(): number {
    return this.#size;
  }

  /**
   * Resolves when `ended` is called for it, `ms` are over, or `signal` aborts; at once where too many wait. To be called before
   * the entry's state is read: an end in between is not missed then.
   */
  wait(id: string, ms: number, signal: AbortSignal): Promise<void> {
    if (this.#size >= this.#most || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener('abort', done);
        this.#remove(id, done);
        resolve();
      };
      const cancel = this.#clock.after(ms, done);
      signal.addEventListener('abort', done, { once: true });
      this.#add(id, done);
    });
  }

  ended(id: string): void {
    for (const done of [...(this.#waits.get(id) ?? [])]) done();
  }

  #add(id: string, done: () => void): void {
    const waits = this.#waits.get(id) ?? new Set();
    this.#waits.set(id, waits.add(done));
    this.#size += 1;
  }

  #remove(id: string, done: () => void): void {
    const waits = this.#waits.get(id);
    if (waits?.delete(done) !== true) return;
    this.#size -= 1;
    if (waits.size === 0) this.#waits.delete(id);
  }
}
