const NEWLINE = 0x0a;

/**
 * Cuts a byte stream into lines of UTF-8 text. Chunks may end anywhere, also inside a character: nothing is decoded
 * before its line is complete.
 */
export class LineDecoder {
  readonly #maxLineBytes: number;
  #pieces: Uint8Array[] = [];
  #pendingBytes = 0;

  /** @param maxLineBytes longest line that is put up with; a RangeError beyond. */
  constructor(maxLineBytes = 16 * 1024 * 1024) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** Bytes of the line that is not complete yet. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** The lines that `chunk` completes, without their line ends; empty lines are left out. */
  push(chunk: Uint8Array): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      const line = Buffer.concat(this.#pieces).toString('utf8').trim();
      if (line !== '') lines.push(line);
      this.#pieces = [];
      this.#pendingBytes = 0;
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  #keep(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pendingBytes += piece.length;
    if (this.#pendingBytes > this.#maxLineBytes)
      throw new RangeError(`a line is longer than ${this.#maxLineBytes} bytes`);
    this.#pieces.push(piece);
  }
}
