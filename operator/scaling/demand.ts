import { addReading, increase, newSeries, type Series } from './counter-series.ts';
import type { ActivatorSample, RevisionLoad } from './parse-metrics.ts';

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
  /** From when on the activator's requests of the revision are known; undefined: from its start. */
  sinceMs: number | undefined;
  concurrency: number;
  requests: number;
}

/** By function, then by revision: a revision's counters end with it, and those of others go on. */
type FunctionReadings = Map<string, Map<string, Readings>>;

/** The activators' counters over the last `keepMs`, of all functions, each revision's apart. */
export class DemandHistory {
  readonly #keepMs: number;
  readonly #activators = new Map<string, { readings: FunctionReadings; seenMs: number }>();
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
      for (const ofFunction of readings.values()) rest(ofFunction);
      if (atMs - seenMs > this.#keepMs) this.#activators.delete(address);
    }
  }

  #recordActivator(address: string, samples: ReadonlyMap<string, ActivatorSample>, atMs: number): void {
    const known = this.#activators.get(address);
    const readings: FunctionReadings = known?.readings ?? new Map();
    this.#activators.set(address, { readings, seenMs: atMs });
    for (const [key, { loads }] of samples) {
      const ofFunction = readings.get(key) ?? new Map<string, Readings>();
      readings.set(key, ofFunction);
      this.#dropPast(ofFunction, atMs);
      for (const [revision, load] of loads) {
        const before = ofFunction.get(revision);
        if (load.concurrency > 0 || hasMoved(before, load)) this.#lastBusyMs.set(key, atMs);
        const { series, sinceMs } = before ?? firstReadings(load, known?.seenMs, atMs);
        const next = addReading(series, atMs, load.concurrencySeconds);
        ofFunction.set(revision, { series: next, sinceMs, concurrency: load.concurrency, requests: load.requests });
      }
      rest(ofFunction, loads);
    }
    for (const [key, ofFunction] of readings) if (!samples.has(key)) rest(ofFunction);
  }

  /** Revisions that were not read for as long as any window is. */
  #dropPast(ofFunction: Map<string, Readings>, atMs: number): void {
    for (const [revision, { series }] of ofFunction) {
      if (atMs - (series.points.at(-1)?.atMs ?? 0) > this.#keepMs) ofFunction.delete(revision);
    }
  }

  /** Undefined until every activator was seen once. */
  of(key: string, nowMs: number): Demand | undefined {
    const sinceMs = this.#measuringSinceMs;
    if (sinceMs === undefined) return undefined;
    const readings = [...this.#activators.values()].flatMap(({ readings: all }) => [...(all.get(key)?.values() ?? [])]);
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

/** Series that the last scrape did not have: no requests now. */
function rest(ofFunction: ReadonlyMap<string, Readings>, loads?: ReadonlyMap<string, RevisionLoad>): void {
  for (const [revision, reading] of ofFunction) if (loads?.has(revision) !== true) reading.concurrency = 0;
}

function hasMoved(before: Readings | undefined, { requests, concurrencySeconds }: RevisionLoad): boolean {
  return requests !== (before?.requests ?? 0) || concurrencySeconds !== (before?.series.raw ?? 0);
}

/**
 * A function that a known activator did not mention was at 0 there; of a new activator the past is not known.
 * @param seenMs when the activator was last seen; undefined: it is new.
 */
function firstReadings(
  load: RevisionLoad,
  seenMs: number | undefined,
  atMs: number,
): Pick<Readings, 'series' | 'sinceMs'> {
  if (seenMs !== undefined) return { series: newSeries(seenMs, 0), sinceMs: undefined };
  const sinceMs = hasMoved(undefined, load) ? atMs : undefined;
  return { series: newSeries(atMs, load.concurrencySeconds), sinceMs };
}
