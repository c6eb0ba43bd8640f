export interface BackoffPolicy {
  /** Longest delay before the first retry, in milliseconds. */
  baseMs: number;
  maxMs: number;
}

/**
 * Milliseconds to wait before retry number `attempt` (from 1): doubles with each one up to `maxMs`, and lies anywhere
 * in the upper half of that, so that clients that failed together do not come back together.
 * @param random 0 ≤ random < 1
 */
export function backoffMs(attempt: number, policy: BackoffPolicy, random: number): number {
  const ceiling = Math.min(policy.maxMs, policy.baseMs * 2 ** Math.min(attempt - 1, 30));
  return ceiling * (0.5 + random / 2);
}
