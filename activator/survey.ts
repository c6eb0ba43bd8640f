import type { Failure } from './failure.ts';
import type { Replica } from './replica.ts';
import type { Pod } from './replicas.ts';

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
  /** When to look again, on the same clock: some have failed, the rest gets this long. */
  lookAgainAtMs: number | undefined;
}

/** After a first pod of a revision has failed for good, the others get this long to do better. */
const HOPE_MS = 1_000;

export function survey(all: Iterable<Pod>, revision: string | undefined, nowMs: number): Survey {
  const pods = [...all].filter((pod) => pod.revision === revision);
  const answering: Replica[] = [];
  for (const { replica } of pods) if (replica?.answering) answering.push(replica);
  const answered = pods.some(({ replica }) => replica?.answeredAtMs !== undefined);
  const found: Survey = { pods: pods.length, answering, answered, failure: undefined, lookAgainAtMs: undefined };
  if (answering.length > 0) return found;
  const failed = pods.filter((pod) => pod.failure !== undefined);
  const first = failed.reduce<Pod | undefined>((one, pod) => (failedAt(pod) < failedAt(one) ? pod : one), undefined);
  if (first?.failure === undefined) return found;
  const hopeEndsAtMs = failedAt(first) + HOPE_MS;
  if (failed.length === pods.length || nowMs >= hopeEndsAtMs) {
    return { ...found, failure: { code: 'RevisionFailed', ...first.failure } };
  }
  return { ...found, lookAgainAtMs: hopeEndsAtMs };
}

function failedAt(pod: Pod | undefined): number {
  return pod?.failedAtMs ?? Number.POSITIVE_INFINITY;
}
