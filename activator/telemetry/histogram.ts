/** Counts in plain numbers, which become text only at a scrape. */
export class Histogram {
  /** Upper bounds, rising. */
  readonly bounds: readonly number[];
  sum = 0;
  count = 0;
  /** How many fell into each bound and not into the one before. */
  readonly #counts: number[];

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.sum += value;
    this.count += 1;
    const { bounds } = this;
    // Linear from below: most values are small.
    let i = 0;
    while (i < bounds.length && value > (bounds[i] as number)) i += 1;
    if (i < bounds.length) this.#counts[i] = (this.#counts[i] as number) + 1;
  }

  /** How many were at most as large as each bound. */
  cumulative(): number[] {
    let below = 0;
    return this.#counts.map((count) => {
      below += count;
      return below;
    });
  }
}
