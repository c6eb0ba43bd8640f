import { ANNOTATION, LABEL } from '#api/names.ts';
import type { Deployment, KubeEvent, Pod } from '#platform/kube/resources.ts';
import { memoryKills } from './memory-kills.ts';
import { functionContainer, isReady, readySince } from './pod-status.ts';
import { type Failure, revisionFailure } from './revision-failure.ts';

/** So many are told at once; all replicas of a function that needs more have the same limit. */
const MOST_KILLS = 3;

/** A revision as the cluster has it. */
export interface RevisionView {
  name: string;
  /** `spec.replicas`: what was asked for. */
  wantedReplicas: number;
  /** Pods that are not on their way out. */
  pods: number;
  readyPods: number;
  /** Those whose container runs and is not ready: it has not answered yet, or does not any more. */
  silentPods: number;
  /** Whether a replica of it ever answered. */
  answered: boolean;
  /** Whether its Deployment says so already. */
  answeredBefore: boolean;
  /** When a replica of it first answered, else when it was made; milliseconds since 1970. Orders revisions by age. */
  sinceMs: number;
  /** Since when one of those that are ready has been; milliseconds since 1970. Undefined: none is. */
  readySinceMs: number | undefined;
  /** Why its pods do not start, when none is ready. */
  failure: Failure | undefined;
  /** Why there are fewer ready ones than were asked for, when some are. Undefined too while nothing is known to be wrong. */
  shortfall: Failure | undefined;
  /** See memoryKills; of those of its pods that are still there. */
  memoryKills: readonly string[];
  deployment: Deployment;
}

/** What is known of why pods do not start besides their own status. */
export interface StartNews {
  /** FailedMount Events of the function's pods. */
  mountEvents: readonly KubeEvent[];
  /** See Evidence. */
  failingForMs: ReadonlyMap<string, number>;
}

/**
 * @param deployments the function's own ones.
 * @param pods of the function, of any revision, those on their way out too.
 */
export function viewRevisions(
  deployments: readonly Deployment[],
  pods: readonly Pod[],
  { mountEvents, failingForMs }: StartNews,
): RevisionView[] {
  return deployments.map((deployment) => {
    const name = deployment.metadata?.name ?? '';
    const own = pods.filter((pod) => pod.metadata?.labels?.[LABEL.revision] === name && isStaying(pod));
    const ready = own.filter(isReady);
    const readyPods = ready.length;
    const wantedReplicas = deployment.spec?.replicas ?? 0;
    const answeredAt = deployment.metadata?.annotations?.[ANNOTATION.answeredAt];
    const answered = answeredAt !== undefined || readyPods > 0;
    const others = own.filter((pod) => !ready.includes(pod));
    const failure =
      readyPods < Math.max(1, wantedReplicas)
        ? revisionFailure({ deployment, pods: others, mountEvents, answered, failingForMs })
        : undefined;
    return {
      name,
      wantedReplicas,
      pods: own.length,
      readyPods,
      silentPods: others.filter((pod) => functionContainer(pod)?.state?.running !== undefined).length,
      answered,
      answeredBefore: answeredAt !== undefined,
      sinceMs: Date.parse(answeredAt ?? deployment.metadata?.creationTimestamp ?? '') || 0,
      readySinceMs: readyPods > 0 ? Math.min(...ready.map(readySince)) : undefined,
      failure: readyPods > 0 ? undefined : failure,
      shortfall: readyPods > 0 ? failure : undefined,
      memoryKills: own.flatMap(memoryKills).slice(0, MOST_KILLS),
      deployment,
    };
  });
}

function isStaying(pod: Pod): boolean {
  return (
    pod.metadata?.deletionTimestamp === undefined && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed'
  );
}
