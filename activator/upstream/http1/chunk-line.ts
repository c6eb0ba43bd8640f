import { ChunkExtension } from './chunk-extension.ts';
import { MalformedMessage } from './header-lines.ts';

/** Of one line, extensions included. */
const LINE_MAX_BYTES = 4_096;
/** 2^52: what can be counted exactly. */
const SIZE_MAX_DIGITS = 13;

const HTAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const SEMICOLON = 0x3b;

type Part = 'cr before' | 'lf before' | 'size' | 'extension' | 'lf';

/** What stands before the data of a chunk, byte by byte: the end of the chunk before, a size, perhaps extensions, CRLF. */
export class ChunkLine {
  /** Bytes of the chunk; 0: it is the last. */
  size = 0;
  #part: Part = 'size';
  #digits = 0;
  readonly #extension = new ChunkExtension();
  #extensionBytes = 0;

  /** @param first whether no chunk comes before. */
  start(first: boolean): void {
    this.#part = first ? 'size' : 'cr before';
    this.size = 0;
    this.#digits = 0;
    this.#extensionBytes = 0;
  }

  /** True when the line ends with this byte. */
  read(byte: number): boolean {
    switch (this.#part) {
      case 'size':
        this.#readSize(byte);
        return false;
      case 'extension':
        this.#readExtension(byte);
        return false;
      case 'cr before':
        return this.#expect(byte, CR, 'lf before');
      case 'lf before':
        return this.#expect(byte, LF, 'size');
      case 'lf':
        this.#expect(byte, LF, 'size');
        return true;
    }
  }

  /** False, for the line goes on. */
  #expect(byte: number, expected: number, next: Part): false {
    if (byte !== expected) throw new MalformedMessage('BAD_CHUNK');
    this.#part = next;
    return false;
  }

  #readSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0 && this.#digits < SIZE_MAX_DIGITS) {
      this.size = this.size * 16 + digit;
      this.#digits += 1;
    } else if (this.#digits > 0 && byte === CR) this.#part = 'lf';
    else if (this.#digits > 0 && (byte === SEMICOLON || byte === SPACE || byte === HTAB)) {
      this.#part = 'extension';
      this.#extension.start();
      this.#extension.read(byte);
    } else throw new MalformedMessage('BAD_CHUNK_SIZE');
  }

  #readExtension(byte: number): void {
    this.#extensionBytes += 1;
    if (this.#extensionBytes > LINE_MAX_BYTES) throw new MalformedMessage('CHUNK_LINE_TOO_LONG');
    if (this.#extension.read(byte)) this.#part = 'lf';
  }
}

/** Negative when it is none. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
