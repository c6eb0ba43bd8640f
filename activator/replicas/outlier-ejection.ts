/** Rests after the first failures in a row, in milliseconds; each further one is as long as the last. */
const RESTS_MS = [15, 100, 1_000, 5_000, 30_000] as const;

/**
 * How long a replica that failed is left alone before it is asked whether it answers, in milliseconds: longer with each
 * failure since it last answered a request.
 * @param failures from 1.
 * @param random from 0 to below 1: activators must not all come back at once.
 */
export function restMs(failures: number, random: number): number {
  const longest = RESTS_MS[Math.min(failures, RESTS_MS.length) - 1] ?? 0;
  return longest * (1 - 0.3 * random);
}

/**
 * Whether a replica may be left alone for longer than the shortest while: when at least as many others answer as rest.
 * Where most fail, it is not the replicas, and nobody is served by waiting.
 * @param resting this one included.
 */
export function mayRest(answering: number, resting: number): boolean {
  return answering >= resting;
}

export const SHORTEST_REST_MS = RESTS_MS[0];
/** One that is back gets one request at a time until it has answered one, or for so long, in milliseconds. */
export const TRIAL_MS = 1_000;
