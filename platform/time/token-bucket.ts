/** `perSecond` on average, `burst` at once. */
export interface Rate {
  perSecond: number;
  burst: number;
}

/** A token bucket, of whatever is counted: requests, lines, bytes. */
export class TokenBucket {
  readonly #rate: Rate;
  #left: number;
  #atMs: number;

  /** Full at first. @param nowMs that only ever grows */
  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate;
    this.#left = rate.burst;
    this.#atMs = nowMs;
  }

  /** Whether so much may be taken, and takes it. */
  take(amount: number, nowMs: number): boolean {
    this.#refill(nowMs);
    if (this.#left < amount) return false;
    this.#left -= amount;
    return true;
  }

  /** Takes it in any case; returns for how many milliseconds nothing more should be. */
  spend(amount: number, nowMs: number): number {
    this.#refill(nowMs);
    this.#left -= amount;
    return this.#left >= 0 ? 0 : (-this.#left / this.#rate.perSecond) * 1_000;
  }

  /** Whether as much may be taken as ever. */
  isFull(nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#left === this.#rate.burst;
  }

  #refill(nowMs: number): void {
    const { perSecond, burst } = this.#rate;
    this.#left = Math.min(burst, this.#left + ((nowMs - this.#atMs) / 1_000) * perSecond);
    this.#atMs = nowMs;
  }
}
