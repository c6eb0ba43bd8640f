/** Which pods a ReplicaSet gives up first. Pure. */
import type { Pod } from '#platform/kube/resources.ts';
import { readySince } from './pod-state.ts';

const PHASE_ORDER: { [phase: string]: number } = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * `pods` with the one to delete first in front: unassigned, pending, not ready, cheap by annotation, ready for a
 * short time, often restarted, young. Ages count by powers of two, and of equals the smaller uid goes, so that victims
 * are spread and not always the very newest. (How many of them share a node does not matter where there is one node.)
 */
export function byDeletionOrder(pods: readonly Pod[], nowMs: number): Pod[] {
  return pods.toSorted(
    (a, b) =>
      Number(isAssigned(a)) - Number(isAssigned(b)) ||
      phaseOrder(a) - phaseOrder(b) ||
      Number(readySince(a) !== undefined) - Number(readySince(b) !== undefined) ||
      deletionCost(a) - deletionCost(b) ||
      byYouth(readySince(a), readySince(b), a, b, nowMs) ||
      restarts(b) - restarts(a) ||
      byYouth(a.metadata?.creationTimestamp, b.metadata?.creationTimestamp, a, b, nowMs),
  );
}

const isAssigned = (pod: Pod): boolean => (pod.spec?.nodeName ?? '') !== '';
const phaseOrder = (pod: Pod): number => PHASE_ORDER[pod.status?.phase ?? 'Pending'] ?? 0;

function deletionCost(pod: Pod): number {
  const cost = Number(pod.metadata?.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0);
  return Number.isInteger(cost) ? cost : 0;
}

function restarts(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((status) => status.restartCount ?? 0));
}

/** Negative when `a` is the younger one; times differ, but not in their order of magnitude: by uid. */
function byYouth(a: string | undefined, b: string | undefined, podA: Pod, podB: Pod, nowMs: number): number {
  if (a === b || a === undefined || b === undefined) return 0;
  const difference = magnitude(a, nowMs) - magnitude(b, nowMs);
  return difference !== 0 ? difference : uidOf(podA).localeCompare(uidOf(podB));
}

function magnitude(time: string, nowMs: number): number {
  const ageNs = (nowMs - Date.parse(time)) * 1e6;
  return ageNs <= 0 || Number.isNaN(ageNs) ? -1 : Math.floor(Math.log2(ageNs));
}

const uidOf = (pod: Pod): string => pod.metadata?.uid ?? '';
