/** What a pod's status says of its containers' logs. Pure. */
import type { Pod } from '../kube/resources.ts';

/** Of which run there is a log, and whether it is complete. */
export interface ContainerState {
  /** 0 for the first run, one more for each restart. */
  run: number;
  /** `none`: no run has begun; `ended`: nothing is added to the log of `run` any more. */
  phase: 'none' | 'running' | 'ended';
}

type Status = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];

/** By the container's name. Init containers are there once they failed: what they wrote otherwise says little. */
export function containerStates({ status }: Pod): Map<string, ContainerState> {
  const main = status?.containerStatuses ?? [];
  const failed = (status?.initContainerStatuses ?? []).filter(hasFailed);
  return new Map([...failed, ...main].map((one) => [one.name, stateOf(one)]));
}

/** What is read of a pod here; the rest need not be held. */
export function keepForLogs({ metadata = {}, status }: Pod): Pod {
  const { name, namespace, uid, resourceVersion, labels } = metadata;
  const lean = (of: Status[] | undefined) => of?.map(leanStatus);
  const kept = {
    ...(status?.containerStatuses && { containerStatuses: lean(status.containerStatuses) }),
    ...(status?.initContainerStatuses && { initContainerStatuses: lean(status.initContainerStatuses) }),
  };
  return { metadata: { name, namespace, uid, resourceVersion, labels }, status: kept } as Pod;
}

function leanStatus({ name, restartCount, state, lastState }: Status): Status {
  const kept = (of: Status['state']) => ({
    ...(of?.running && { running: {} }),
    ...(of?.terminated && { terminated: { exitCode: of.terminated.exitCode } }),
  });
  const lean = { name, restartCount, ready: false, image: '', imageID: '' };
  return { ...lean, state: kept(state), lastState: kept(lastState) };
}

function stateOf({ restartCount, state, lastState }: Status): ContainerState {
  if (state?.running) return { run: restartCount, phase: 'running' };
  // One that waits for its restart is counted when it comes; until then its log is that of the run that ended.
  const ended = state?.terminated !== undefined || lastState?.terminated !== undefined;
  return { run: restartCount, phase: ended ? 'ended' : 'none' };
}

function hasFailed({ state, lastState }: Status): boolean {
  return (state?.terminated?.exitCode ?? 0) !== 0 || lastState?.terminated !== undefined;
}
