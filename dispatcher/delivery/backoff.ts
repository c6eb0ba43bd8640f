import type { AsyncPolicy } from '../functions/async-policy.ts';

/**
 * Milliseconds until the attempt after number `attempt` (from 1). Full jitter: anywhere from 0 to a ceiling that doubles with
 * each attempt, so that entries that failed together do not come back together.
 * @param random 0 ≤ random < 1
 */
export function retryDelayMs(
  attempt: number,
  { minBackoffMs, maxBackoffMs }: Pick<AsyncPolicy, 'minBackoffMs' | 'maxBackoffMs'>,
  random: number,
): number {
  const doublings = Math.min(Math.max(attempt, 1) - 1, 30);
  return Math.round(random * Math.min(maxBackoffMs, minBackoffMs * 2 ** doublings));
}
