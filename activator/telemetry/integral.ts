/** The exact integral of a number over time. */
export class Integral {
  #sumMs = 0;
  #countedAtMs: number;

  constructor(nowMs: number) {
    this.#countedAtMs = nowMs;
  }

  /** Until when it is counted. */
  get countedAtMs(): number {
    return this.#countedAtMs;
  }
  /** In units of the number times seconds. */
  get seconds(): number {
    return this.#sumMs / 1000;
  }

  /** The number was `value` until `atMs`; an earlier time than the last one counts as that. */
  add(value: number, atMs: number): void {
    if (atMs <= this.#countedAtMs) return;
    this.#sumMs += value * (atMs - this.#countedAtMs);
    this.#countedAtMs = atMs;
  }
}
