/**
 * The bytes of a request, handed on until they are sent. A delivery may be waited for for hours: whoever waits holds this, and not the
 * bytes.
 */
export class Parcel {
  #parts: readonly Uint8Array[] | undefined;
  readonly #onGone: () => void;
  readonly length: number;
  #isGone = false;

  /** @param onGone called once: the bytes are in memory no longer, sent or not */
  constructor(parts: readonly Uint8Array[], onGone: () => void) {
    this.#parts = parts;
    this.length = parts.reduce((sum, part) => sum + part.byteLength, 0);
    this.#onGone = onGone;
  }

  /** Gives the bytes away; a second time there are none. */
  take(): readonly Uint8Array[] {
    const parts = this.#parts ?? [];
    this.#parts = undefined;
    return parts;
  }

  /** They were sent, or will not be. */
  drop(): void {
    this.#parts = undefined;
    if (!this.#isGone) this.#onGone();
    this.#isGone = true;
  }
}
