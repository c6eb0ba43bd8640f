import { CONTAINER } from '#api/names.ts';
import type { Pod } from '#platform/kube/resources.ts';

export type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];

/** Whether the kubelet found the pod ready. */
export function isReady(pod: Pod): boolean {
  return (
    pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false
  );
}

/** When a pod that is ready became so; milliseconds since 1970. */
export function readySince(pod: Pod): number {
  const condition = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  return Date.parse(condition?.lastTransitionTime ?? pod.metadata?.creationTimestamp ?? '') || 0;
}

/** Undefined until the kubelet has looked at the pod. */
export function functionContainer(pod: Pod): ContainerStatus | undefined {
  return pod.status?.containerStatuses?.find((status) => status.name === CONTAINER);
}
