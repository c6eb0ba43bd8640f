/** A token bucket of bytes: what may come at once, and how fast it fills again. */
export class ByteRate {
  readonly #burstBytes: number;
  readonly #bytesPerSecond: number;
  #left: number;
  #atMs: number;

  constructor({ burstBytes, bytesPerSecond }: { burstBytes: number; bytesPerSecond: number }, nowMs: number) {
    this.#burstBytes = burstBytes;
    this.#bytesPerSecond = bytesPerSecond;
    this.#left = burstBytes;
    this.#atMs = nowMs;
  }

  /** Takes what has come, and returns for how long nothing more is to be read, in milliseconds; 0: go on. */
  take(bytes: number, nowMs: number): number {
    const filled = this.#left + ((nowMs - this.#atMs) / 1000) * this.#bytesPerSecond;
    this.#left = Math.min(this.#burstBytes, filled) - bytes;
    this.#atMs = nowMs;
    return this.#left >= 0 ? 0 : Math.ceil((-this.#left / this.#bytesPerSecond) * 1000);
  }
}
