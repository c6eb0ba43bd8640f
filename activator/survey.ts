import type { Failure } from './failure.ts';
import type { Pod } from './known-pod.ts';
import type { Replica } from './replica.ts';

/** How a revision's pods stand. */
export interface Survey {
  /** Pods there are, answering or not. */
  pods: number;
  /** Those in the rotation. */
  answering: Replica[];
  /** Whether one of them has answered, now or before. */
  answered: boolean;
  /** Why none of them will start; undefined while one answers or still may. */
  failure: Failure | undefined;
  /** Pods that did answer and have not for a while: stuck, or started again and again. Others have to do their work. */
  silent: number;
  /** Since when those are starting that have not answered yet. */
  startingSinceMs: number[];
  /** When to look again, on the same clock: some have failed or fallen silent, and get this long to do better. */
  lookAgainAtMs: number | undefined;
}

/** After a first pod of a revision has failed for good, the others get this long to do better. */
const HOPE_MS = 1_000;
/** A replica that answered before is given this long to do so again, enough for a restart, until it counts as silent. */
const SILENT_MS = 1_000;

export function survey(all: Iterable<Pod>, revision: string | undefined, nowMs: number): Survey {
  const pods = [...all].filter((pod) => pod.revision === revision);
  const answering: Replica[] = [];
  for (const { replica } of pods) if (replica?.answering) answering.push(replica);
  const answered = pods.some(({ replica }) => replica?.answeredAtMs !== undefined);
  const startingSinceMs = pods.flatMap((pod) => pod.startingSinceMs ?? []);
  const counts = { pods: pods.length, answering, answered, startingSinceMs };
  const found: Survey = { ...counts, failure: undefined, ...silence(pods, nowMs) };
  if (answering.length > 0) return found;
  const failed = pods.filter((pod) => pod.failure !== undefined);
  const first = failed.reduce<Pod | undefined>((one, pod) => (failedAt(pod) < failedAt(one) ? pod : one), undefined);
  if (first?.failure === undefined) return found;
  const hopeEndsAtMs = failedAt(first) + HOPE_MS;
  if (failed.length === pods.length || nowMs >= hopeEndsAtMs) {
    return { ...found, failure: { code: 'RevisionFailed', ...first.failure } };
  }
  return { ...found, lookAgainAtMs: Math.min(hopeEndsAtMs, found.lookAgainAtMs ?? hopeEndsAtMs) };
}

function silence(pods: readonly Pod[], nowMs: number): Pick<Survey, 'silent' | 'lookAgainAtMs'> {
  let silent = 0;
  let lookAgainAtMs: number | undefined;
  for (const { replica } of pods) {
    if (replica?.silentSinceMs === undefined) continue;
    const isSilentAtMs = replica.silentSinceMs + SILENT_MS;
    if (nowMs >= isSilentAtMs) silent += 1;
    else lookAgainAtMs = Math.min(isSilentAtMs, lookAgainAtMs ?? isSilentAtMs);
  }
  return { silent, lookAgainAtMs };
}

function failedAt(pod: Pod | undefined): number {
  return pod?.failedAtMs ?? Number.POSITIVE_INFINITY;
}
