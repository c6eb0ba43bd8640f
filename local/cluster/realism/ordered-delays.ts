/** Does things later, in the order in which they were given. */

interface Waiting {
  dueMs: number;
  work: () => void;
}

export class OrderedDelays implements Disposable {
  readonly #delayMs: () => number;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param delayMs of the next; what was given before is waited for all the same */
  constructor(delayMs: () => number) {
    this.#delayMs = delayMs;
  }

  push(work: () => void): void {
    const dueMs = Math.max(performance.now() + this.#delayMs(), this.#waiting.at(-1)?.dueMs ?? 0);
    this.#waiting.push({ dueMs, work });
    this.#timer ??= setTimeout(() => this.#run(), Math.max(0, dueMs - performance.now()));
  }

  /** Does at once what waits. */
  flush(): void {
    const waiting = this.#waiting;
    this[Symbol.dispose]();
    for (const { work } of waiting) work();
  }

  /** What waits is not done any more. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }

  #run(): void {
    this.#timer = undefined;
    // A timer may fire a fraction of a millisecond early.
    const nowMs = performance.now() + 1;
    const due = this.#waiting.filter(({ dueMs }) => dueMs <= nowMs);
    this.#waiting = this.#waiting.slice(due.length);
    const [next] = this.#waiting;
    if (next !== undefined) this.#timer = setTimeout(() => this.#run(), Math.max(0, next.dueMs - nowMs));
    for (const { work } of due) work();
  }
}
