/** A pod's status from its containers. Pure. */
import type { Pod } from '#platform/kube/resources.ts';

export type PodStatus = NonNullable<Pod['status']>;
export type ContainerStatus = NonNullable<PodStatus['containerStatuses']>[number];
export type ContainerState = NonNullable<ContainerStatus['state']>;
type PodCondition = NonNullable<PodStatus['conditions']>[number];

export interface PodView {
  pod: Pod;
  podIP: string | undefined;
  hostIP: string;
  startTime: string;
  containers: readonly ContainerStatus[];
  initContainers: readonly ContainerStatus[];
  /** The pod is being ended: what stopped does not come back. */
  ending: boolean;
  /** Conditions as they were last published, for their transition times. */
  before: readonly PodCondition[];
  /** RFC 3339, whole seconds. */
  now: string;
}

export function podStatus(view: PodView): PodStatus {
  const { podIP, hostIP, startTime, containers, initContainers } = view;
  return {
    phase: podPhase(view),
    conditions: podConditions(view),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(podIP === undefined ? {} : { podIP, podIPs: [{ ip: podIP }] }),
    startTime,
    ...(initContainers.length === 0 ? {} : { initContainerStatuses: [...initContainers] }),
    containerStatuses: [...containers],
    ...(view.pod.status?.qosClass === undefined ? {} : { qosClass: view.pod.status.qosClass }),
  };
}

const isStopped = (status: ContainerStatus): boolean =>
  status.state?.terminated !== undefined ||
  (status.state?.waiting !== undefined && status.lastState?.terminated !== undefined);
const succeeded = (status: ContainerStatus): boolean =>
  (status.state?.terminated ?? status.lastState?.terminated)?.exitCode === 0 && status.state?.running === undefined;
const initDone = (view: PodView): boolean =>
  view.initContainers.every((status) => status.state?.terminated?.exitCode === 0);

function podPhase(view: PodView): string {
  const { containers, pod } = view;
  const policy = pod.spec?.restartPolicy ?? 'Always';
  if (view.ending && containers.every((status) => status.state?.terminated !== undefined)) return outcome(containers);
  if (!initDone(view)) {
    const failed = view.initContainers.some((status) => (status.state?.terminated?.exitCode ?? 0) !== 0);
    return failed && policy === 'Never' ? 'Failed' : 'Pending';
  }
  const all = containers.every((status) => status.state?.running !== undefined || isStopped(status));
  if (!all) return 'Pending';
  const over =
    containers.every(isStopped) && (policy === 'Never' || (policy === 'OnFailure' && containers.every(succeeded)));
  return over ? outcome(containers) : 'Running';
}

const outcome = (containers: readonly ContainerStatus[]): string =>
  containers.every(succeeded) ? 'Succeeded' : 'Failed';

function podConditions(view: PodView): PodCondition[] {
  const { pod, containers, initContainers, podIP } = view;
  const done = ['Succeeded', 'Failed'].includes(podPhase(view));
  const waiting = initContainers.filter((status) => status.state?.terminated?.exitCode !== 0);
  const unready = containers.filter((status) => !status.ready);
  const gates = (pod.spec?.readinessGates ?? []).map((gate) => gate.conditionType);
  const open = gates.filter((gate) => view.before.find((condition) => condition.type === gate)?.status !== 'True');
  const containersReady = readiness('ContainersReady', unready, done);
  const ready =
    containersReady.status === 'True' && open.length > 0
      ? {
          type: 'Ready',
          status: 'False',
          reason: 'ReadinessGatesNotReady',
          message: `corresponding condition of pod readiness gate "${open[0]}" does not exist.`,
        }
      : { ...containersReady, type: 'Ready' };
  const initialized =
    waiting.length === 0
      ? {
          type: 'Initialized',
          status: 'True',
          ...(done && podPhase(view) === 'Succeeded' ? { reason: 'PodCompleted' } : {}),
        }
      : {
          type: 'Initialized',
          status: 'False',
          reason: 'ContainersNotInitialized',
          message: `containers with incomplete status: [${names(waiting)}]`,
        };
  const sandbox = { type: 'PodReadyToStartContainers', status: podIP === undefined || done ? 'False' : 'True' };
  const ours: PodCondition[] = [sandbox, initialized, ready, containersReady, { type: 'PodScheduled', status: 'True' }];
  const foreign = view.before.filter((condition) => !ours.some((own) => own.type === condition.type));
  return [...ours.map((condition) => timed(condition, view)), ...foreign];
}

function readiness(type: string, unready: readonly ContainerStatus[], done: boolean): PodCondition {
  if (done) return { type, status: 'False', reason: 'PodCompleted' };
  if (unready.length === 0) return { type, status: 'True' };
  const message = `containers with unready status: [${names(unready)}]`;
  return { type, status: 'False', reason: 'ContainersNotReady', message };
}

const names = (statuses: readonly ContainerStatus[]): string => statuses.map((status) => status.name).join(' ');

function timed(condition: PodCondition, { before, now }: PodView): PodCondition {
  const last = before.find((candidate) => candidate.type === condition.type);
  const since = last?.status === condition.status ? last.lastTransitionTime : undefined;
  return { ...condition, lastTransitionTime: since ?? now };
}
