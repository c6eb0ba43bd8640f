import { READ_BYTES, type ReadBuffer, ReadBuffers } from './read-buffer.ts';

/** A piece of as much is handed on as it is; a smaller one is copied out. */
const HANDED_ON_MIN_BYTES = 16_384;
/**
 * Shared by all connections that are not in the midst of a large body: each read is handled to its end before the next
 * one of any connection, so one buffer is enough.
 */
const SCRATCH = Buffer.allocUnsafeSlow(READ_BYTES);
/** Reads are this small where memory is scarce. */
const SIP = SCRATCH.subarray(0, 8_192);
const BUFFERS = new ReadBuffers();

interface Taker {
  data(chunk: Buffer, letGo: (() => void) | undefined): boolean;
}

/** What one connection reads into, and how pieces of it are handed on. */
export class Intake {
  /** Undefined: the scratch. */
  #own: ReadBuffer | undefined;
  /** A large piece was handed on and is still held, so that the next read needs another buffer. */
  #spent = false;
  /** The taker takes no more for now. */
  #waits = false;
  /** Memory is scarce: reads are small until the body is over. */
  #sips = false;

  /** What was read into last. */
  get bytes(): Buffer {
    return this.#own?.bytes ?? SCRATCH;
  }

  /** What is to be read into next. */
  next(): Buffer {
    // Asked for as soon as a piece is handed on: a buffer of its own would be held for as long as the taker takes nothing.
    if (this.#sips || this.#waits) {
      this.#waits = false;
      this.#letGo();
      return this.#sips ? SIP : SCRATCH;
    }
    if (this.#spent) {
      this.#spent = false;
      this.#own?.letGo();
      this.#own = BUFFERS.take();
    }
    return this.bytes;
  }

  copy(from: number, to: number): Buffer {
    return Buffer.from(this.bytes.subarray(from, to));
  }

  /** Hands a piece on; a large one without copying it, except for the first of a body. Returns what the taker says. */
  pass(from: number, to: number, taker: Taker): boolean {
    const goesOn = this.#pass(from, to, taker);
    this.#waits = !goesOn;
    return goesOn;
  }

  #pass(from: number, to: number, taker: Taker): boolean {
    if (to - from < HANDED_ON_MIN_BYTES || this.#sips) return taker.data(this.copy(from, to), undefined);
    this.#spent = true;
    const own = this.#own;
    if (own !== undefined) return taker.data(own.bytes.subarray(from, to), own.hold().letGo);
    const copy = BUFFERS.take();
    SCRATCH.copy(copy.bytes, 0, from, to);
    return taker.data(copy.bytes.subarray(0, to - from), copy.letGo);
  }

  /** A body is over, or the connection. */
  reset(): void {
    this.#sips = false;
    this.#waits = false;
    this.#letGo();
  }

  /** From now on as little as can be is held for this body. */
  sip(): void {
    this.#sips = true;
  }

  #letGo(): void {
    this.#spent = false;
    this.#own?.letGo();
    this.#own = undefined;
  }
}
