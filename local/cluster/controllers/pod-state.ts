/** What other controllers read from a pod's status. */
import type { Pod } from '#platform/kube/resources.ts';

export function isActive(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return phase !== 'Succeeded' && phase !== 'Failed' && pod.metadata?.deletionTimestamp === undefined;
}

/** On its way out, and not at its end. */
export function isTerminating(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return phase !== 'Succeeded' && phase !== 'Failed' && pod.metadata?.deletionTimestamp !== undefined;
}

/** RFC 3339 time since when the pod is ready; undefined while it is not. */
export function readySince(pod: Pod): string | undefined {
  const ready = pod.status?.conditions?.find((condition) => condition.type === 'Ready');
  return ready?.status === 'True' ? (ready.lastTransitionTime ?? '') : undefined;
}

export function isReady(pod: Pod): boolean {
  return readySince(pod) !== undefined;
}

/** Ready for at least `minReadySeconds`. */
export function isAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  const since = readySince(pod);
  if (since === undefined) return false;
  return minReadySeconds === 0 || Date.parse(since) + minReadySeconds * 1_000 <= nowMs;
}
