/** How long a Job waits before it starts another pod in the place of failed ones. Pure. */
import type { Pod } from '#platform/kube/resources.ts';

export interface JobBackoff {
  /** Since the last success. */
  failures: number;
  lastFailureMs: number;
}

const FIRST_MS = 10_000;
const LONGEST_MS = 600_000;

/** With the pods that have ended since. */
export function afterPods(
  before: JobBackoff | undefined,
  succeeded: readonly Pod[],
  failed: readonly Pod[],
  nowMs: number,
): JobBackoff | undefined {
  if (succeeded.length === 0 && failed.length === 0) return before;
  const lastSuccessMs = Math.max(...succeeded.map((pod) => endedAtMs(pod, nowMs)), 0);
  const since = failed.map((pod) => endedAtMs(pod, nowMs)).filter((ms) => ms > lastSuccessMs);
  const earlier = succeeded.length > 0 ? 0 : (before?.failures ?? 0);
  if (since.length + earlier === 0) return undefined;
  return { failures: earlier + since.length, lastFailureMs: Math.max(...since, before?.lastFailureMs ?? 0) };
}

/** What is left to wait, in milliseconds: 10 s after the first failure, twice as long after each further one. */
export function backoffLeftMs(backoff: JobBackoff | undefined, nowMs: number): number {
  if (backoff === undefined) return 0;
  const waitMs = Math.min(FIRST_MS * 2 ** (backoff.failures - 1), LONGEST_MS);
  return Math.max(0, backoff.lastFailureMs + waitMs - nowMs);
}

function endedAtMs(pod: Pod, nowMs: number): number {
  const ends = (pod.status?.containerStatuses ?? []).map(({ state }) =>
    Date.parse(state?.terminated?.finishedAt ?? ''),
  );
  return ends.length === 0 || ends.some(Number.isNaN) ? nowMs : Math.max(...ends);
}
