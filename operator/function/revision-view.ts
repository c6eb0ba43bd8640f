import { ANNOTATION, LABEL } from '#api/names.ts';
import type { Deployment, KubeEvent, Pod } from '#platform/resources.ts';
import { type Failure, revisionFailure } from './failure.ts';
import { isReady, readySince } from './pod-state.ts';

/** A revision as the cluster has it. */
export interface RevisionView {
  name: string;
  /** `spec.replicas`: what was asked for. */
  wantedReplicas: number;
  /** Pods that are not on their way out. */
  pods: number;
  readyPods: number;
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
  deployment: Deployment;
}

/**
 * @param deployments the function's own ones.
 * @param pods of the function, of any revision, those on their way out too.
 * @param mountEvents FailedMount Events of those pods.
 */
export function viewRevisions(
  deployments: readonly Deployment[],
  pods: readonly Pod[],
  mountEvents: readonly KubeEvent[],
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
        ? revisionFailure({ deployment, pods: others, mountEvents, answered })
        : undefined;
    return {
      name,
      wantedReplicas,
      pods: own.length,
      readyPods,
      answered,
      answeredBefore: answeredAt !== undefined,
      sinceMs: Date.parse(answeredAt ?? deployment.metadata?.creationTimestamp ?? '') || 0,
      readySinceMs: readyPods > 0 ? Math.min(...ready.map(readySince)) : undefined,
      failure: readyPods > 0 ? undefined : failure,
      shortfall: readyPods > 0 ? failure : undefined,
      deployment,
    };
  });
}

function isStaying(pod: Pod): boolean {
  return (
    pod.metadata?.deletionTimestamp === undefined && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed'
  );
}
