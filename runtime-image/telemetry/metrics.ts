/** Upper bounds of the duration histogram, in seconds. */
const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** How many measurements were at most each bound, and their sum. */
export class Histogram {
  readonly bounds: readonly number[];
  /** By bound, not cumulative; what is above the last one is only in `count`. */
  readonly counts: number[];
  sum = 0;
  count = 0;

  /** @param bounds ascending. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length).fill(0);
  }

  observe(value: number): void {
    let index = 0;
    while (index < this.bounds.length && value > (this.bounds[index] ?? 0)) index++;
    if (index < this.counts.length) this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sum += value;
    this.count++;
  }
}

/** Where there is no status; then by its first digit. */
const CODES = ['aborted', '1xx', '2xx', '3xx', '4xx', '5xx', '6xx', '7xx', '8xx', '9xx'] as const;

/** Requests that are over: how many by class of status, and how long they took. */
export class RequestMetrics {
  readonly #counts = new Array<number>(CODES.length).fill(0);
  /** In seconds. */
  readonly durations = new Histogram(REQUEST_BUCKETS);

  /** Of the classes that there were. */
  get byCode(): ReadonlyMap<string, number> {
    const all = CODES.map((code, index) => [code, this.#counts[index] ?? 0] as const);
    return new Map(all.filter(([, count]) => count > 0));
  }

  /** @param status undefined: the client left, or the answer was broken off. */
  observe(status: number | undefined, seconds: number): void {
    const code = status === undefined ? 0 : Math.trunc(status / 100);
    this.#counts[code] = (this.#counts[code] ?? 0) + 1;
    this.durations.observe(seconds);
  }
}

/**
 * Seconds that each phase of the start took. They follow one another, so that together they are the time from the start
 * of the process until requests are let in. `listen` is opening the port: before `import` for a bundle, after `init`
 * for an image.
 */
type StartPhases = Readonly<Record<'boot' | 'read' | 'import' | 'init' | 'listen', number>>;

/** Seconds by module of the user's, the slowest first; empty: there is only one. */
export type ImportTimes = Readonly<Record<string, number>>;

export interface Start {
  phases: StartPhases;
  imports: ImportTimes;
}
