/**
 * The generic cell rate algorithm: of each key one number is kept, its theoretical arrival time (TAT), in milliseconds of the
 * gateway's clock: when all that it has used is filled up again. It does what a token bucket does, without a timer.
 */

/** How much a key may have. */
export interface Rate {
  /** Time in which one request is filled up again, in milliseconds; > 0. */
  readonly perRequestMs: number;
  /** How far the TAT may lie ahead: the time in which all of the burst is filled up. */
  readonly depthMs: number;
}

export interface RateSpec {
  /** In `seconds`; ≥ 1. */
  requests: number;
  seconds: number;
  /** That may come at once; ≥ 1. */
  burst: number;
}

/** What the key has after a request, or had when it was refused. */
export interface Verdict {
  readonly allowed: boolean;
  /** The key's new TAT; unchanged where the request is refused, for that costs nothing. */
  readonly tatMs: number;
  /** Until a request can be let through, in milliseconds; 0: it was. */
  readonly retryMs: number;
}

export function rateOf({ requests, seconds, burst }: RateSpec): Rate {
  const perRequestMs = (seconds * 1000) / requests;
  return { perRequestMs, depthMs: perRequestMs * burst };
}

/** Of the time of one request: sums of fractions differ from their product by less. */
const ROUNDING = 0.01;

/**
 * One more request of a key.
 * @param tatMs 0 or anything in the past: it has used nothing.
 * @param share of the rate that is this gateway's, 0 < share ≤ 1: by so much dearer is a request.
 */
export function take(rate: Rate, tatMs: number, nowMs: number, share = 1): Verdict {
  const next = Math.max(tatMs, nowMs) + rate.perRequestMs / share;
  const overMs = next - nowMs - rate.depthMs;
  // Where the share of the burst is less than one request, a key that has used nothing may have that one.
  if (overMs <= rate.perRequestMs * ROUNDING || tatMs <= nowMs) return { allowed: true, tatMs: next, retryMs: 0 };
  return { allowed: false, tatMs, retryMs: Math.min(overMs, Math.max(tatMs - nowMs, 0)) };
}

/**
 * What others have let through within the last `withinMs` is used up too, beyond the depth where they did not know of each
 * other: a debt that is filled up before the next request. It ends at `latestMs`, whatever they say.
 */
export function charge(
  { perRequestMs }: Rate,
  tatMs: number,
  requests: number,
  at: { nowMs: number; withinMs: number; latestMs: number },
): number {
  const next = Math.max(tatMs, at.nowMs - at.withinMs) + requests * perRequestMs;
  return Math.max(tatMs, Math.min(next, at.latestMs));
}

/** Requests that would be let through at once. */
export function remaining(rate: Rate, tatMs: number, nowMs: number): number {
  const freeMs = rate.depthMs - Math.max(0, tatMs - nowMs);
  return Math.max(0, Math.floor(freeMs / rate.perRequestMs + ROUNDING));
}
