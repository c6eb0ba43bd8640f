const NEWLINE = 0x0a;

/** One line of a stream, cut where it was too long. */
export interface Split {
  text: string;
  /** Bytes of it that were left out; 0: it is whole. */
  omittedBytes: number;
}

/**
 * Cuts a stream of bytes into lines of bounded length: of a longer one the beginning is kept and the rest counted, so that
 * memory is bounded whatever a container writes. Chunks may end anywhere; empty lines are lines.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  #pieces: Uint8Array[] = [];
  #heldBytes = 0;
  #omittedBytes = 0;

  /** @param maxBytes of a line, without its end */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that `chunk` completes, one by one. */
  *push(chunk: Uint8Array): Generator<Split, void, void> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      start = end + 1;
      yield this.#take();
    }
    this.#keep(chunk.subarray(start));
  }

  /** What stands after the last line's end; undefined: nothing. */
  rest(): Split | undefined {
    return this.#heldBytes === 0 ? undefined : this.#take();
  }

  #keep(piece: Uint8Array): void {
    const kept = piece.subarray(0, this.#maxBytes - this.#heldBytes);
    this.#omittedBytes += piece.length - kept.length;
    if (kept.length === 0) return;
    this.#heldBytes += kept.length;
    this.#pieces.push(kept);
  }

  #take(): Split {
    const text = Buffer.concat(this.#pieces).toString('utf8');
    const omittedBytes = this.#omittedBytes;
    this.#pieces = [];
    this.#heldBytes = 0;
    this.#omittedBytes = 0;
    return { text, omittedBytes };
  }
}
