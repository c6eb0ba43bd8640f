/** Ends a container that takes more memory than it may, as a kernel does in a cluster. */
import { memoryInUse } from './memory-limit.ts';

/** A look costs some tens of microseconds; who is far from its limit is looked at less often. */
const NEAR_MS = 100;
const FAR_MS = 300;
const NEAR = 0.5;

export class MemoryWatch implements Disposable {
  readonly #pid: number;
  readonly #limitBytes: number;
  readonly #end: () => void;
  #timer: NodeJS.Timeout;
  #isOver = false;

  /** @param end called once, when the process and what it has started are over the limit together */
  constructor(pid: number, limitBytes: number, end: () => void) {
    this.#pid = pid;
    this.#limitBytes = limitBytes;
    this.#end = end;
    this.#timer = this.#lookIn(FAR_MS);
  }

  /** Whether it took more than it may. */
  get isOver(): boolean {
    return this.#isOver;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #lookIn(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#look(), ms).unref();
  }

  #look(): void {
    const bytes = memoryInUse(this.#pid);
    if (bytes <= this.#limitBytes) {
      this.#timer = this.#lookIn(bytes > NEAR * this.#limitBytes ? NEAR_MS : FAR_MS);
      return;
    }
    this.#isOver = true;
    this.#end();
  }
}
