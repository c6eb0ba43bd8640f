/** Rests after the first failures in a row, in milliseconds; each further one is as long as the last. */
const RESTS_MS = [15, 100, 1_000, 5_000, 30_000] as const;

/**
 * Outlier ejection: how long a replica that failed gets no requests and no probes, in milliseconds; backs off with each
 * failure since it last answered a request.
 * @param failures from 1.
 * @param random jitter, from 0 to below 1, so that activators do not all come back at once.
 */
export function restMs(failures: number, random: number): number {
  const longest = RESTS_MS[Math.min(failures, RESTS_MS.length) - 1] ?? 0;
  return longest * (1 - 0.3 * random);
}

/**
 * Whether a replica may rest for longer than the shortest time: while at least as many answer as rest. Where most fail,
 * the cause is not in single replicas, and ejecting more would take the function away.
 * @param resting this one included.
 */
export function mayRest(answering: number, resting: number): boolean {
  return answering >= resting;
}

export const SHORTEST_REST_MS = RESTS_MS[0];
/** Half-open: one that is back gets one request at a time until it has answered one, or for so long, in milliseconds. */
export const TRIAL_MS = 1_000;
