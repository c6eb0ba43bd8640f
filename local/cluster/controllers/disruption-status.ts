/** What a PodDisruptionBudget says of its pods. Pure. */
import type { Pod } from '#platform/kube/resources.ts';
import { withCondition } from './conditions.ts';
import type { DisruptionBudget } from './kinds.ts';
import { timestamp } from './kinds.ts';
import { isReady } from './pod-state.ts';

type Status = NonNullable<DisruptionBudget['status']>;

/**
 * @param pods those that the budget selects
 * @param scale how many there should be, as their controllers have it
 */
export function disruptionStatus(budget: DisruptionBudget, pods: readonly Pod[], scale: number, nowMs: number): Status {
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  const expectedPods = typeof minAvailable === 'number' ? pods.length : scale;
  const desiredHealthy =
    maxUnavailable === undefined
      ? amount(minAvailable ?? 0, expectedPods)
      : Math.max(0, expectedPods - amount(maxUnavailable, expectedPods));
  const currentHealthy = pods.filter((pod) => pod.metadata?.deletionTimestamp === undefined && isReady(pod)).length;
  const disruptionsAllowed = expectedPods === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  const allowed = disruptionsAllowed > 0;
  const observedGeneration = budget.metadata?.generation ?? 0;
  const condition = {
    type: 'DisruptionAllowed',
    status: allowed ? 'True' : 'False',
    reason: allowed ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    lastTransitionTime: timestamp(nowMs),
    observedGeneration,
  };
  const conditions = withCondition(budget.status?.conditions ?? [], condition);
  return { conditions, currentHealthy, desiredHealthy, disruptionsAllowed, expectedPods, observedGeneration };
}

/** A share of `whole` is rounded up. */
function amount(value: number | string, whole: number): number {
  if (typeof value === 'number') return value;
  return Math.ceil((Number(value.replace(/%$/, '')) * whole) / 100);
}
