import type { RevisionFailure } from '../conditions.ts';

/** What can mend itself without a change of the Function: something around it is missing, or there is no room. */
const AROUND_IT: readonly string[] = [
  'ImagePullFailed',
  'SecretNotFound',
  'ConfigMapNotFound',
  'QuotaExceeded',
  'Unschedulable',
] satisfies RevisionFailure[];

const FIRST_MS = 10_000;
const MOST_MS = 300_000;

/** Whether a revision that failed for this reason may start without having been changed. */
export function mendsItself(reason: string): boolean {
  return AROUND_IT.includes(reason);
}

/**
 * How long after its last failed start a revision is started again, in milliseconds, for the next request that comes then;
 * until then requests are refused. Ten seconds where something around it is missing, else doubling up to five minutes.
 * @param count failed starts so far, at least 1.
 */
export function retryAfterMs(reason: string, count: number): number {
  return mendsItself(reason) ? FIRST_MS : Math.min(FIRST_MS * 2 ** (Math.max(count, 1) - 1), MOST_MS);
}
