import type { Clock } from './clock.ts';

/** One more at once does not wait: those that ask are told how it stands, and may ask again. */
const MOST_WAITS = 10_000;

/** Those that wait until something has happened to the one of a name, such as that an invocation has ended. */
export class KeyedWaits {
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
   * Resolves when `tell` is called for it, `ms` are over, or `signal` aborts; at once where too many wait. To be called before the
   * state is read that is waited for: what happens in between is not missed then.
   */
  wait(key: string, ms: number, signal: AbortSignal): Promise<void> {
    if (this.#size >= this.#most || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener('abort', done);
        this.#remove(key, done);
        resolve();
      };
      const cancel = this.#clock.after(ms, done);
      signal.addEventListener('abort', done, { once: true });
      this.#add(key, done);
    });
  }

  tell(key: string): void {
    for (const done of [...(this.#waits.get(key) ?? [])]) done();
  }

  #add(key: string, done: () => void): void {
    const waits = this.#waits.get(key) ?? new Set();
    this.#waits.set(key, waits.add(done));
    this.#size += 1;
  }

  #remove(key: string, done: () => void): void {
    const waits = this.#waits.get(key);
    if (waits?.delete(done) !== true) return;
    this.#size -= 1;
    if (waits.size === 0) this.#waits.delete(key);
  }
}
