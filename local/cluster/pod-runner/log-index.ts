/** When a log grew: the program writes the log itself, so the times of its lines are noted from outside. */
import { appendFileSync, copyFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { isAbsent, type RunFiles } from './container-files.ts';
import { onGrowth } from './file-growth.ts';

/** Lines of one such span have the same time. */
const RESOLUTION_MS = 50;
/** A log is cut when it is larger, as a node's container runtime rotates it. */
const MAX_BYTES = 10 * 1024 * 1024;

export class LogIndex implements Disposable {
  readonly files: RunFiles;
  readonly #maxBytes: number;
  readonly #unwatch: () => void;
  #size: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(files: RunFiles, maxBytes: number = MAX_BYTES) {
    this.files = files;
    this.#maxBytes = maxBytes;
    this.#size = 0;
    this.#unwatch = onGrowth(files.log, () => {
      this.#timer ??= setTimeout(() => this.#note(), RESOLUTION_MS).unref();
    });
    this.#note();
  }

  [Symbol.dispose](): void {
    this.#unwatch();
    clearTimeout(this.#timer);
    this.#note();
  }

  /** Notes now what was written since: it was read, and has to have the same time when it is read again. */
  note(): void {
    clearTimeout(this.#timer);
    this.#note();
  }

  #note(): void {
    this.#timer = undefined;
    try {
      const { size } = statSync(this.files.log);
      if (size === this.#size) return;
      this.#size = size;
      appendFileSync(this.files.index, `${size} ${Date.now()}\n`);
      if (size > this.#maxBytes) this.#rotate();
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
  }

  /** The program goes on writing to the same file; what it writes between the two calls is lost. */
  #rotate(): void {
    copyFileSync(this.files.log, `${this.files.log}.1`);
    truncateSync(this.files.log);
    writeFileSync(this.files.index, '');
    this.#size = 0;
  }
}
