/** How long saves are gathered, in milliseconds: an editor that formats, or a checkout of a branch, writes several files. */
const GATHER_MS = 15;

/**
 * Runs `work` after something changed, one run at a time. What changes during a run starts one more after it, however much
 * it was.
 */
export class SaveQueue implements AsyncDisposable {
  readonly #work: (changed: ReadonlySet<string>) => Promise<void>;
  readonly #onError: (error: unknown) => void;
  #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  /** @param work is given the paths that changed since its last run; what it throws goes to `onError`. */
  constructor(work: (changed: ReadonlySet<string>) => Promise<void>, onError: (error: unknown) => void) {
    this.#work = work;
    this.#onError = onError;
  }

  add(path: string): void {
    this.#changed.add(path);
    if (this.#running === undefined) this.#arm();
  }

  /** What runs is waited for; nothing more is started. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Debounce: each further save begins the time anew. */
  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#run();
    }, GATHER_MS);
  }

  async #run(): Promise<void> {
    const changed = this.#changed;
    this.#changed = new Set();
    await this.#work(changed).catch(this.#onError);
    this.#running = undefined;
    if (this.#changed.size > 0) this.#arm();
  }
}
