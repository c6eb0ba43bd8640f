/** Many pieces of bytes in one, which goes over the wire as it is: an array of them would be written as hexadecimal digits. */
export class Pieces {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** Returns where the piece begins. */
  add(...parts: readonly Uint8Array[]): number {
    const start = this.#length;
    for (const part of parts) {
      this.#parts.push(part);
      this.#length += part.byteLength;
    }
    return start;
  }

  all(): Buffer {
    return Buffer.concat(this.#parts, this.#length);
  }
}
