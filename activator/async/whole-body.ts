const SMALL_BYTES = 4_096;

/** A body as it comes, until it is there as a whole. Small pieces are put together, for each has a cost beyond its content. */
export class WholeBody {
  #pieces: Buffer[] = [];

  add(chunk: Buffer): void {
    const last = this.#pieces.at(-1);
    if (last === undefined || last.length + chunk.length > SMALL_BYTES) this.#pieces.push(chunk);
    else this.#pieces[this.#pieces.length - 1] = Buffer.concat([last, chunk]);
  }

  /** All of it; nothing is held here any more. */
  take(): Uint8Array {
    const [first, ...others] = this.#pieces;
    const whole = first !== undefined && others.length === 0 ? first : Buffer.concat(this.#pieces);
    this.#pieces = [];
    return whole;
  }
}
