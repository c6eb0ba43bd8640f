/** The share of the process' memory that answers are counted in. */
export interface AnswerShare {
  mayKeep(bytes: number): boolean;
  /** @param bytes negative: they are let go. */
  kept(bytes: number): void;
}

/**
 * The beginning of an answer's body, up to a bound: the rest is thrown away. One buffer that doubles, for an answer may come
 * in a million pieces. Where memory is scarce it ends sooner.
 */
export class AnswerBuffer {
  readonly #most: number;
  readonly #share: AnswerShare | undefined;
  #buffer: Buffer = Buffer.alloc(0);
  #length = 0;
  #truncated = false;

  /** @param most bytes; 0: nothing is kept. @param share undefined: it is not counted. */
  constructor(most: number, share: AnswerShare | undefined) {
    this.#most = most;
    this.#share = share;
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** There was more than is kept. */
  get truncated(): boolean {
    return this.#truncated;
  }

  /** Copies of the chunk as much as there is room for. */
  add(chunk: Uint8Array): void {
    if (this.#truncated || chunk.length === 0) return;
    const wanted = Math.min(this.#length + chunk.length, this.#most);
    const fits = wanted <= this.#buffer.length || this.#grow(wanted);
    const end = fits ? wanted : this.#buffer.length;
    this.#buffer.set(chunk.subarray(0, end - this.#length), this.#length);
    this.#truncated = end < this.#length + chunk.length;
    this.#length = end;
  }

  /** It is not needed any more. */
  letGo(): void {
    this.#share?.kept(-this.#buffer.length);
    this.#buffer = Buffer.alloc(0);
    this.#length = 0;
  }

  /** False: there is no memory for it. */
  #grow(wanted: number): boolean {
    const size = Math.min(this.#most, Math.max(wanted, 2 * this.#buffer.length));
    const more = size - this.#buffer.length;
    if (this.#share?.mayKeep(more) === false) return false;
    this.#share?.kept(more);
    // Not of the pool that small buffers share: a kept answer would hold all of it.
    const grown = Buffer.allocUnsafeSlow(size);
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
    return true;
  }
}
