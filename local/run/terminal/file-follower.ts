/** Reads what is added to a file by somebody else, line by line. */
import { closeSync, fstatSync, openSync, readSync, statSync, truncateSync } from 'node:fs';

/** Most that is read at one look. Who writes more than that is not read by people: the middle is left out. */
const LOOK_BYTES = 128 * 1024;
const NEWLINE = 0x0a;

interface FollowOptions {
  line: (text: string) => void;
  /** So many bytes were written that no one saw. */
  skipped: (bytes: number) => void;
  /** Where the file is cut to nothing once all of it was read; its writer has to append. Absent: it is left as it is. */
  cutAtBytes?: number;
}

export class FileFollower {
  readonly #path: string;
  readonly #options: FollowOptions;
  #offset: number;
  /** The line that is not whole yet. */
  #rest: Buffer = Buffer.alloc(0);

  /** @param from byte to begin at; default: what is there now is left out */
  constructor(path: string, options: FollowOptions, from: number = sizeOf(path)) {
    this.#path = path;
    this.#options = options;
    this.#offset = from;
  }

  /** Gives the lines that are whole by now. A file that is gone has none. */
  look(): void {
    const bytes = this.#read();
    if (bytes.length === 0) return;
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    const whole = Buffer.concat([this.#rest, bytes.subarray(0, end)]);
    const rest = bytes.subarray(end);
    this.#rest = end === 0 ? Buffer.concat([this.#rest, rest]).subarray(-LOOK_BYTES) : Buffer.from(rest);
    if (end === 0) return;
    for (const line of whole.toString('utf8').split('\n').slice(0, -1)) this.#options.line(line);
  }

  #read(): Buffer {
    const size = sizeOf(this.#path);
    if (size < this.#offset) this.#startOver();
    const skipped = size - this.#offset - LOOK_BYTES;
    if (skipped > 0) {
      this.#offset += skipped;
      this.#rest = Buffer.alloc(0);
      this.#options.skipped(skipped);
    }
    const bytes = size === this.#offset ? Buffer.alloc(0) : readAt(this.#path, this.#offset, size - this.#offset);
    this.#offset += bytes.length;
    if (this.#offset >= (this.#options.cutAtBytes ?? Number.POSITIVE_INFINITY)) {
      truncateSync(this.#path);
      this.#offset = 0;
    }
    return bytes;
  }

  /** It was cut. */
  #startOver(): void {
    this.#offset = 0;
    this.#rest = Buffer.alloc(0);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function readAt(path: string, offset: number, length: number): Buffer {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return Buffer.alloc(0); // gone between two looks
  }
  try {
    const bytes = Buffer.alloc(Math.min(length, Math.max(0, fstatSync(file).size - offset)));
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, offset));
  } finally {
    closeSync(file);
  }
}
