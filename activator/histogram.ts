/** Upper bounds in seconds: from a start on the same machine to an image that has to be pulled. */
export const COLD_START_BUCKETS_SECONDS = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60] as const;

/** Counts in plain numbers, made into text only when somebody asks. */
export class Histogram {
  /** Cumulative, one per bound. */
  readonly counts: number[] = COLD_START_BUCKETS_SECONDS.map(() => 0);
  sum = 0;
  count = 0;

  observe(seconds: number): void {
    this.sum += seconds;
    this.count += 1;
    COLD_START_BUCKETS_SECONDS.forEach((bound, i) => {
      if (seconds <= bound) this.counts[i] = (this.counts[i] ?? 0) + 1;
    });
  }
}
