import { addReading, increase, newSeries, type Series } from './counter-series.ts';
import type { ActivatorSample } from './parse-metrics.ts';

/** What one look at all activators gave. */
export interface Scrape {
  /** By the activator's address; undefined: it is listed but did not answer. */
  activators: ReadonlyMap<string, ReadonlyMap<string, ActivatorSample> | undefined>;
}

/** What is known of the requests of one function. */
export interface Demand {
  /** Mean number of requests in flight or waiting over the last `windowMs`, or since measuring began if that is later. */
  mean: (windowMs: number) => number;
  /** Requests in flight or waiting now. */
  now: number;
  /** When there was last sign of a request; when measuring began, if there was none. */
  lastBusyMs: number;
  /** Every activator answered and there is one: what is not seen is not there. */
  complete: boolean;
  /** From when on all of it was measured: an activator may have had requests before it was first asked. */
  measuredSinceMs: number;
}

interface Readings {
  series: Series;
  /** From when on the activator's requests are known; undefined: from its start. */
  sinceMs: number | undefined;
  concurrency: number;
  requests: number;
}

/** The activators' counters over the last `keepMs`, of all functions. */
export class DemandHistory {
  readonly #keepMs: number;
  /** Readings by activator, then by function. */
  readonly #activators = new Map<string, { readings: Map<string, Readings>; seenMs: number }>();
  readonly #lastBusyMs = new Map<string, number>();
  #measuringSinceMs: number | undefined;
  #complete = false;

  /** @param keepMs the longest window that is asked for. */
  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  record({ activators }: Scrape, atMs: number): void {
    const answers = [...activators].filter(([, samples]) => samples !== undefined);
    this.#complete = activators.size > 0 && answers.length === activators.size;
    if (this.#complete) this.#measuringSinceMs ??= atMs;
    for (const [address, samples] of answers) this.#recordActivator(address, samples ?? new Map(), atMs);
    for (const [address, { seenMs, readings }] of this.#activators) {
      if (activators.has(address)) continue;
      for (const reading of readings.values()) reading.concurrency = 0;
      if (atMs - seenMs > this.#keepMs) this.#activators.delete(address);
    }
  }

  #recordActivator(address: string, samples: ReadonlyMap<string, ActivatorSample>, atMs: number): void {
    const known = this.#activators.get(address);
    const readings = known?.readings ?? new Map<string, Readings>();
    this.#activators.set(address, { readings, seenMs: atMs });
    for (const [key, sample] of samples) {
      const before = readings.get(key);
      if (sample.concurrency > 0 || hasMoved(before, sample)) this.#lastBusyMs.set(key, atMs);
      const { series, sinceMs } = before ?? firstReadings(sample, known?.seenMs, atMs);
      const next = addReading(series, atMs, sample.concurrencySeconds);
      readings.set(key, { series: next, sinceMs, concurrency: sample.concurrency, requests: sample.requests });
    }
    for (const [key, reading] of readings) if (!samples.has(key)) reading.concurrency = 0;
  }

  /** Undefined until every activator was seen once. */
  of(key: string, nowMs: number): Demand | undefined {
    const sinceMs = this.#measuringSinceMs;
    if (sinceMs === undefined) return undefined;
    const readings = [...this.#activators.values()].flatMap((activator) => activator.readings.get(key) ?? []);
    const now = readings.reduce((sum, reading) => sum + reading.concurrency, 0);
    return {
      now,
      lastBusyMs: this.#lastBusyMs.get(key) ?? sinceMs,
      complete: this.#complete,
      measuredSinceMs: readings.reduce((latest, reading) => Math.max(latest, reading.sinceMs ?? sinceMs), sinceMs),
      mean: (windowMs) => {
        const coveredMs = Math.min(windowMs, nowMs - sinceMs);
        if (coveredMs <= 0) return now;
        const total = readings.reduce((sum, { series }) => sum + increase(series, nowMs - coveredMs, nowMs), 0);
        return (total * 1000) / coveredMs;
      },
    };
  }

  /** Drops what is known of functions that are gone. */
  keepOnly(exists: (key: string) => boolean): void {
    for (const { readings } of this.#activators.values()) {
      for (const key of readings.keys()) if (!exists(key)) readings.delete(key);
    }
    for (const key of this.#lastBusyMs.keys()) if (!exists(key)) this.#lastBusyMs.delete(key);
  }
}

function hasMoved(before: Readings | undefined, { requests, concurrencySeconds }: ActivatorSample): boolean {
  return requests !== (before?.requests ?? 0) || concurrencySeconds !== (before?.series.raw ?? 0);
}

/**
 * A function that a known activator did not mention was at 0 there; of a new activator the past is not known.
 * @param seenMs when the activator was last seen; undefined: it is new.
 */
function firstReadings(
  sample: ActivatorSample,
  seenMs: number | undefined,
  atMs: number,
): Pick<Readings, 'series' | 'sinceMs'> {
  if (seenMs !== undefined) return { series: newSeries(seenMs, 0), sinceMs: undefined };
  const sinceMs = hasMoved(undefined, sample) ? atMs : undefined;
  return { series: newSeries(atMs, sample.concurrencySeconds), sinceMs };
}
