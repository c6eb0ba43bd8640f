/** Status of a ReplicaSet from its pods. Pure. */
import type { Pod, ReplicaSet } from '#platform/kube/resources.ts';
import { conditionOf, withCondition, without } from './conditions.ts';
import { isAvailable, isReady, readySince } from './pod-state.ts';

type ReplicaSetStatus = NonNullable<ReplicaSet['status']>;

interface ReplicaSetView {
  set: ReplicaSet;
  /** The set's active pods. */
  pods: readonly Pod[];
  /** How many of its pods are on their way out. */
  terminating: number;
  /** What went wrong in creating or deleting pods this time. */
  failure: string | undefined;
  nowMs: number;
}

export function replicaSetStatus({ set, pods, terminating, failure, nowMs }: ReplicaSetView): ReplicaSetStatus {
  const labels = Object.entries(set.spec?.template?.metadata?.labels ?? {});
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const conditions = nextConditions(set, pods.length, failure, nowMs);
  return {
    replicas: pods.length,
    fullyLabeledReplicas: pods.filter((pod) => labels.every(([key, value]) => pod.metadata?.labels?.[key] === value))
      .length,
    readyReplicas: pods.filter(isReady).length,
    availableReplicas: pods.filter((pod) => isAvailable(pod, minReadySeconds, nowMs)).length,
    terminatingReplicas: terminating,
    observedGeneration: set.metadata?.generation ?? 0,
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

/** Milliseconds until the next ready pod becomes available; undefined when none is about to. */
export function nextAvailabilityMs({
  set,
  pods,
  nowMs,
}: Omit<ReplicaSetView, 'failure' | 'terminating'>): number | undefined {
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const waits = pods
    .filter((pod) => isReady(pod) && !isAvailable(pod, minReadySeconds, nowMs))
    .map((pod) => Date.parse(readySince(pod) ?? '') + minReadySeconds * 1_000 - nowMs);
  return waits.length === 0 ? undefined : Math.max(1, Math.min(...waits));
}

function nextConditions(
  set: ReplicaSet,
  count: number,
  failure: string | undefined,
  nowMs: number,
): NonNullable<ReplicaSetStatus['conditions']> {
  const conditions = set.status?.conditions ?? [];
  if (failure === undefined) return without(conditions, 'ReplicaFailure');
  if (conditionOf(conditions, 'ReplicaFailure') !== undefined) return [...conditions];
  return withCondition(conditions, {
    type: 'ReplicaFailure',
    status: 'True',
    reason: count < (set.spec?.replicas ?? 1) ? 'FailedCreate' : 'FailedDelete',
    message: failure,
    lastTransitionTime: new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z'),
  });
}
