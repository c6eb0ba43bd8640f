import { write } from 'node:fs';

/** Lines of one write: a pipe takes so many bytes whole (PIPE_BUF), so that no other writer's lines get in between. */
const WRITE_BYTES = 4_096;
const FLUSH_BYTES = 65_536;
const FLUSH_MS = 100;
/** What waits at most; further lines are dropped. */
const HELD_MAX_BYTES = 1_048_576;
/** A pipe without a reader may be full without blocking (EAGAIN). */
const TRY_AGAIN_MS = 20;
/** Longest that the end waits for what is still to be written. */
const END_MS = 1_000;

/** Writes a part of `bytes`; `done` hears how many. */
export type Write = (bytes: Buffer, done: (error: NodeJS.ErrnoException | null, written: number) => void) => void;

/** To a file descriptor, from a thread of its own: a reader that is slow holds nothing up here. */
export function writeTo(fd: number): Write {
  return (bytes, done) => write(fd, bytes, 0, bytes.length, null, done);
}

/** Many short lines, gathered and written by and by. Never waits: what cannot be written in time is dropped, and counted. */
export class LineWriter implements AsyncDisposable {
  readonly #write: Write;
  #chunks: string[] = [];
  #chunkBytes = 0;
  #heldBytes = 0;
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing = false;
  #onIdle: (() => void) | undefined;

  constructor(write: Write) {
    this.#write = write;
  }

  /** Lines that were never written. */
  get dropped(): number {
    return this.#dropped;
  }

  /** @param line with its line feed. */
  add(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#heldBytes + bytes > HELD_MAX_BYTES) {
      this.#dropped += 1;
      return;
    }
    this.#heldBytes += bytes;
    const last = this.#chunks.length - 1;
    if (last >= 0 && this.#chunkBytes + bytes <= WRITE_BYTES) {
      this.#chunks[last] += line;
      this.#chunkBytes += bytes;
    } else {
      this.#chunks.push(line);
      this.#chunkBytes = bytes;
    }
    if (this.#heldBytes >= FLUSH_BYTES) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  /** Writes what is there, for a second at the longest. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#flush();
    if (!this.#writing) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, END_MS);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#writing) this.#next();
  }

  #next(): void {
    const chunk = this.#chunks.shift();
    this.#writing = chunk !== undefined;
    if (chunk === undefined) this.#onIdle?.();
    else this.#put(Buffer.from(chunk));
  }

  #put(bytes: Buffer): void {
    this.#write(bytes, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(() => this.#put(bytes), TRY_AGAIN_MS);
        return;
      }
      if (error === null && written < bytes.length) {
        this.#heldBytes -= written;
        this.#put(bytes.subarray(written));
        return;
      }
      if (error !== null) this.#dropped += bytes.toString().split('\n').length - 1;
      this.#heldBytes -= bytes.length;
      this.#next();
    });
  }
}
