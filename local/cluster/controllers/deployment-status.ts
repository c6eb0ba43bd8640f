/** Status of a Deployment from its ReplicaSets. Pure. */
import type { Deployment, ReplicaSet } from '#platform/kube/resources.ts';
import { conditionOf, withCondition, without } from './conditions.ts';
import { rolloutBounds, specReplicas } from './replica-counts.ts';

export type DeploymentStatus = NonNullable<Deployment['status']>;
type DeploymentCondition = NonNullable<DeploymentStatus['conditions']>[number];

export interface DeploymentView {
  deployment: Deployment;
  newest: ReplicaSet | undefined;
  old: readonly ReplicaSet[];
  /** RFC 3339, whole seconds. */
  now: string;
}

const NO_DEADLINE = 2_147_483_647;

/** Status after a step of a rollout. */
export function rolloutStatus(view: DeploymentView): DeploymentStatus {
  const { deployment } = view;
  const status = scaledStatus(view);
  const progressing = hasDeadline(deployment)
    ? nextProgressing(view, status)
    : without(status.conditions ?? [], 'Progressing');
  return { ...status, conditions: withReplicaFailure(view, progressing) };
}

/** Status after a mere resize: counts and availability, with no word about progress. */
export function scaledStatus({ deployment, newest, old, now }: DeploymentView): DeploymentStatus {
  const all = newest === undefined ? old : [...old, newest];
  const count = (of: (set: ReplicaSet) => number | undefined): number =>
    all.reduce((total, set) => total + (of(set) ?? 0), 0);
  const desired = specReplicas(deployment);
  const availableReplicas = count((set) => set.status?.availableReplicas);
  const enough = availableReplicas >= desired - (desired === 0 ? 0 : rolloutBounds(deployment).unavailable);
  const availability: DeploymentCondition = enough
    ? condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now)
    : condition(
        'Available',
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
        now,
      );
  return {
    observedGeneration: deployment.metadata?.generation ?? 0,
    replicas: count((set) => set.status?.replicas),
    updatedReplicas: newest?.status?.replicas ?? 0,
    readyReplicas: count((set) => set.status?.readyReplicas),
    availableReplicas,
    terminatingReplicas: count((set) => set.status?.terminatingReplicas),
    unavailableReplicas: Math.max(0, count(specReplicas) - availableReplicas),
    conditions: withCondition(deployment.status?.conditions ?? [], availability),
    ...(deployment.status?.collisionCount === undefined ? {} : { collisionCount: deployment.status.collisionCount }),
  };
}

/** Milliseconds until a rollout that does not move is late; undefined when none is under way. */
export function progressDeadlineMs(
  deployment: Deployment,
  status: DeploymentStatus,
  nowMs: number,
): number | undefined {
  const current = conditionOf(status.conditions, 'Progressing');
  if (!hasDeadline(deployment) || current === undefined) return undefined;
  if (isComplete(deployment, status) || current.reason === 'ProgressDeadlineExceeded') return undefined;
  const since = Date.parse(current.lastUpdateTime ?? '');
  return since + (deployment.spec?.progressDeadlineSeconds ?? 0) * 1_000 - nowMs;
}

function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const desired = specReplicas(deployment);
  return (
    status.updatedReplicas === desired &&
    status.replicas === desired &&
    status.availableReplicas === desired &&
    (status.observedGeneration ?? 0) >= (deployment.metadata?.generation ?? 0)
  );
}

function hasDeadline(deployment: Deployment): boolean {
  const seconds = deployment.spec?.progressDeadlineSeconds;
  return seconds !== undefined && seconds !== NO_DEADLINE;
}

function nextProgressing(view: DeploymentView, status: DeploymentStatus): DeploymentCondition[] {
  const { deployment, newest, now } = view;
  const conditions = status.conditions ?? [];
  const current = conditionOf(deployment.status?.conditions, 'Progressing');
  const settled = status.replicas === status.updatedReplicas && current?.reason === 'NewReplicaSetAvailable';
  if (settled) return conditions;
  const subject =
    newest === undefined ? `Deployment "${deployment.metadata?.name}"` : `ReplicaSet "${newest.metadata?.name}"`;
  if (isComplete(deployment, status)) {
    const message = `${subject} has successfully progressed.`;
    return withCondition(conditions, condition('Progressing', 'True', 'NewReplicaSetAvailable', message, now));
  }
  if (moved(deployment.status ?? {}, status)) {
    const next = condition('Progressing', 'True', 'ReplicaSetUpdated', `${subject} is progressing.`, now);
    // Each sign of progress starts the deadline anew, even when the reason stays.
    const since = current?.status === 'True' ? current.lastTransitionTime : undefined;
    return [...without(conditions, 'Progressing'), since === undefined ? next : { ...next, lastTransitionTime: since }];
  }
  const left = progressDeadlineMs(deployment, { ...status, conditions }, Date.parse(now));
  if (left === undefined || left > 0) return conditions;
  const late = `${subject} has timed out progressing.`;
  return withCondition(conditions, condition('Progressing', 'False', 'ProgressDeadlineExceeded', late, now));
}

function moved(before: DeploymentStatus, next: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus): number => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (next.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(next) < old(before) ||
    (next.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (next.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function withReplicaFailure(
  { newest, old, now }: DeploymentView,
  conditions: DeploymentCondition[],
): DeploymentCondition[] {
  const failure = [...(newest === undefined ? [] : [newest]), ...old]
    .flatMap((set) => set.status?.conditions ?? [])
    .find((candidate) => candidate.type === 'ReplicaFailure');
  if (failure === undefined) return without(conditions, 'ReplicaFailure');
  const { reason = '', message = '' } = failure;
  return withCondition(conditions, condition('ReplicaFailure', failure.status, reason, message, now));
}

/** A condition that changed just now. */
export function condition(
  type: string,
  status: string,
  reason: string,
  message: string,
  now: string,
): DeploymentCondition {
  return { type, status, reason, message, lastUpdateTime: now, lastTransitionTime: now };
}
