import type { StartSample } from '../replicas/start-times.ts';

/** What is learned of starts and requests: moving means, of bounded weight and range. */

/** Moving moments of a function's starts: how long they took, beside how many others. */
export interface StartMoments {
  /** Mean, in milliseconds. */
  readonly ms: number;
  /** Mean number of starts at the same time, and its variance. */
  readonly parallel: number;
  readonly spread: number;
  /** Covariance of both. */
  readonly together: number;
  /** Samples, up to what makes the newest one weigh least. */
  readonly samples: number;
}

/** Before any start was seen beside others: less than what two cores make of it. */
export const PARALLEL_COST = 0.15;
const PARALLEL_COST_MAX = 2;
/** The newest start weighs at least one part in so many. */
const SAMPLES_MAX = 20;
/** The weight of a slope through starts that were well spread, and the variance at which it is half of that. */
const SLOPE_WEIGHT = 0.3;
const SPREAD_HALF = 4;
/**
 * Where always as many start at once, their cost for each other cannot be separated from what a start takes. The estimate is
 * therefore lowered a little each time, so that more are tried, until these show the real cost.
 */
const HOPE = 0.05;
const REQUEST_WEIGHT = 1 / 16;
const LONGEST_START_MS = 600_000;
/** A connection that is open for hours says no more than this about requests. */
const LONGEST_REQUEST_MS = 30_000;

/** @param before what was learned until now; undefined: nothing. */
export function learnStart(before: StartMoments | undefined, sample: StartSample): StartMoments {
  const ms = Math.min(sample.ms, LONGEST_START_MS);
  const { parallel } = sample;
  if (before === undefined) return { ms, parallel, spread: 0, together: 0, samples: 1 };
  const samples = Math.min(before.samples + 1, SAMPLES_MAX);
  const weight = 1 / samples;
  const [byMs, byParallel] = [ms - before.ms, parallel - before.parallel];
  return {
    ms: before.ms + weight * byMs,
    parallel: before.parallel + weight * byParallel,
    spread: (1 - weight) * (before.spread + weight * byParallel * byParallel),
    together: (1 - weight) * (before.together + weight * byParallel * byMs),
    samples,
  };
}

/** What is known from elsewhere of a start by itself, in milliseconds, as if it had been seen here once. */
export function momentsOf(startMs: number): StartMoments {
  return learnStart(undefined, { ms: startMs, parallel: 1 });
}

/** A start by itself, in milliseconds. */
export function startAloneMs({ ms, parallel }: StartMoments, parallelCost: number): number {
  return ms / (1 + parallelCost * (parallel - 1));
}

/** By what part each further start makes all longer, after one that was under way beside `parallel` others. */
export function learnParallelCost(before: number, moments: StartMoments, { parallel }: StartSample): number {
  const hopeful = parallel < 1.5 ? before : before * (1 - HOPE / (1 + moments.spread));
  if (moments.spread < 0.01) return hopeful;
  const perStartMs = moments.together / moments.spread;
  const aloneMs = moments.ms - perStartMs * (moments.parallel - 1);
  const seen = perStartMs <= 0 ? 0 : aloneMs <= 0 ? PARALLEL_COST_MAX : perStartMs / aloneMs;
  const weight = (SLOPE_WEIGHT * moments.spread) / (moments.spread + SPREAD_HALF);
  return hopeful + weight * (Math.min(seen, PARALLEL_COST_MAX) - hopeful);
}

/** How long a replica had a request, in milliseconds, and for how much of that, at most, the request waited in its queue. */
export interface RequestSample {
  ms: number;
  waitMs: number;
}

/**
 * How long requests take, without their wait in a replica's queue for places that other gateways have: one that may have
 * waited only shows between which bounds it took, and what is known stays as far as it lies there.
 */
export function learnRequest(beforeMs: number | undefined, { ms, waitMs }: RequestSample): number {
  const mostMs = Math.min(Math.max(ms, 0.1), LONGEST_REQUEST_MS);
  if (beforeMs === undefined) return mostMs;
  const leastMs = Math.min(Math.max(ms - waitMs, 0.1), LONGEST_REQUEST_MS);
  const sampleMs = Math.min(Math.max(beforeMs, leastMs), mostMs);
  return beforeMs + REQUEST_WEIGHT * (sampleMs - beforeMs);
}
