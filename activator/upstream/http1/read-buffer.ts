/** Bytes of each read at most. */
export const READ_BYTES = 65_536;
/** Those that are kept for the next large body; 4 MiB. */
const SPARE_MAX = 64;

/**
 * A buffer that is read into, and whose pieces may still be on their way out while another one is read into. It is used
 * again once its reader and all who hold pieces have let go of it: buffers that are made anew for each read of a large
 * body would keep the garbage collector busy with little else.
 */
export class ReadBuffer {
  readonly bytes: Buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  /** To be called once by each who holds a piece, when it needs it no more. */
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

/** Where buffers come from, and come back to. */
export class ReadBuffers {
  readonly #spare: ReadBuffer[] = [];

  /** One that the caller holds. */
  take(): ReadBuffer {
    return (this.#spare.pop() ?? new ReadBuffer(this.#spare)).hold();
  }
}
