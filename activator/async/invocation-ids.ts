import { randomFillSync } from 'node:crypto';

/** Random bytes of one id: 74 bits of them are used. */
const RANDOM_BYTES = 10;
const IDS_AT_ONCE = 256;

/**
 * Makes ids of invocations: UUIDs of version 7 (RFC 9562), by time and 74 bits from the system's source of randomness, so that
 * none is found by trying. Random bytes are got for many ids at once.
 */
export class InvocationIds {
  readonly #wallMs: () => number;
  readonly #fill: (bytes: Buffer) => void;
  readonly #random = Buffer.alloc(RANDOM_BYTES * IDS_AT_ONCE);
  #at = this.#random.length;

  /** @param wallMs milliseconds since 1970 */
  constructor(wallMs: () => number = Date.now, fill: (bytes: Buffer) => void = randomFillSync) {
    this.#wallMs = wallMs;
    this.#fill = fill;
  }

  next(): string {
    if (this.#at === this.#random.length) {
      this.#fill(this.#random);
      this.#at = 0;
    }
    const at = this.#at;
    this.#at += RANDOM_BYTES;
    const random = this.#random;
    random[at] = ((random[at] as number) & 0x0f) | 0x70;
    random[at + 2] = ((random[at + 2] as number) & 0x3f) | 0x80;
    const time = this.#wallMs().toString(16).padStart(12, '0');
    const hex = random.toString('hex', at, this.#at);
    return `${time.slice(0, 8)}-${time.slice(8)}-${hex.slice(0, 4)}-${hex.slice(4, 8)}-${hex.slice(8)}`;
  }
}
