/** Bytes of each read at most. */
export const READ_BYTES = 65_536;
/** Buffers that the pool keeps; 4 MiB. */
const SPARE_MAX = 64;

/**
 * Reference-counted buffer: its pieces may still be on their way to a client while the next buffer is read into. It goes
 * back to its pool once its reader and every holder of a piece have let go of it: allocating 64 KiB for each read of a
 * large body would keep the garbage collector busy.
 */
export class ReadBuffer {
  readonly bytes: Buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  /** To be called once by each holder of a piece, when it needs it no more. */
  readonly letGo = () => this.#letGo();
  readonly #spare: ReadBuffer[];
  #holders = 0;

  constructor(spare: ReadBuffer[]) {
    this.#spare = spare;
  }

  hold(): this {
    this.#holders += 1;
    return this;
  }

  #letGo(): void {
    this.#holders -= 1;
    if (this.#holders === 0 && this.#spare.length < SPARE_MAX) this.#spare.push(this);
  }
}

/** A pool of buffers. */
export class ReadBuffers {
  readonly #spare: ReadBuffer[] = [];

  /** One that the caller holds. */
  take(): ReadBuffer {
    return (this.#spare.pop() ?? new ReadBuffer(this.#spare)).hold();
  }
}
