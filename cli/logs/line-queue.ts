/** Held at most before those that write are asked to wait. */
const MANY = 5_000;
const WAIT_MS = 50;

/** From what comes to what is taken, one after the other. */
export class LineQueue<T> implements AsyncIterable<T> {
  readonly #signal: AbortSignal;
  #items: T[] = [];
  #wake = Promise.withResolvers<void>();

  /** @param signal ends it */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  put(item: T): void {
    this.#items.push(item);
    this.#wake.resolve();
  }

  /** How long its writers have to wait, in milliseconds. */
  get paceMs(): number {
    return this.#items.length > MANY ? WAIT_MS : 0;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    const stop = () => this.#wake.resolve();
    this.#signal.addEventListener('abort', stop);
    try {
      while (!this.#signal.aborted) {
        this.#wake = Promise.withResolvers();
        const items = this.#items;
        this.#items = [];
        yield* items;
        if (items.length === 0) await this.#wake.promise;
      }
    } finally {
      this.#signal.removeEventListener('abort', stop);
    }
  }
}
