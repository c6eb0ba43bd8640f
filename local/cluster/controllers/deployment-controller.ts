// Longer than 250 lines: one reconcile of a Deployment, step by step.
/** Deployments become ReplicaSets. */

import { WorkQueue } from '#platform/controller/work-queue.ts';
import { isNotFound } from '#platform/kube/error.ts';
import { DEPLOYMENTS, type Deployment, REPLICA_SETS, type ReplicaSet } from '#platform/kube/resources.ts';
import { adopt, mayAdopt } from './adoption.ts';
import type { Cluster, Recorder } from './cluster.ts';
import { conditionOf, withCondition } from './conditions.ts';
import { condition, type DeploymentView, rolloutStatus, scaledStatus } from './deployment-status.ts';
import { writeDeploymentStatus, writeRevision } from './deployment-status-writer.ts';
import { controllerOf, keyOf, splitKey, timestamp } from './kinds.ts';
import {
  DESIRED_ANNOTATION,
  isScaling,
  MAX_ANNOTATION,
  newSetReplicas,
  oldSetSteps,
  rolloutBounds,
  type ScaleStep,
  scalingSteps,
  specReplicas,
} from './replica-counts.ts';
import { newSet, nextRevision, REVISION_ANNOTATION, revisionOf, surplusSets } from './replica-sets.ts';
import { newestSet } from './template-hash.ts';

interface DeploymentDeps {
  cluster: Cluster;
  events: Recorder;
}

/** ReplicaSets are counted when they have settled a little; what users change is acted on at once. */
const COUNT_DELAY_MS = 20;

interface Sets {
  newest: ReplicaSet | undefined;
  old: ReplicaSet[];
}

export function startDeploymentController(deps: DeploymentDeps): WorkQueue {
  const { cluster } = deps;
  const queue = new WorkQueue({
    name: 'deployments',
    run: (key, signal) => reconcileDeployment(key, deps, signal),
    log: cluster.log,
    backoffBaseMs: 10,
    backoffMaxMs: 30_000,
  });
  cluster.deployments.onChange((change) => queue.add(keyOf(change.object)));
  cluster.replicaSets.onChange((change) => {
    const owner = controllerOf(change.object, 'Deployment');
    if (owner === undefined && change.type !== 'deleted') addAdopting(change.object, cluster, queue);
    if (owner !== undefined) queue.addAfter(`${change.object.metadata?.namespace}/${owner.name}`, COUNT_DELAY_MS);
  });
  cluster.pods.onChange((change) => {
    if (change.type === 'deleted') addRecreating(change.object, cluster, queue);
  });
  return queue;
}

function addAdopting(orphan: ReplicaSet, cluster: Cluster, queue: WorkQueue): void {
  for (const deployment of cluster.deployments.list()) if (mayAdopt(deployment, orphan)) queue.add(keyOf(deployment));
}

/** A Recreate rollout goes on when the last old pod is gone. */
function addRecreating(pod: { metadata?: object }, cluster: Cluster, queue: WorkQueue): void {
  const set = controllerOf(pod, 'ReplicaSet');
  const namespace = (pod.metadata as { namespace?: string }).namespace;
  const owner = set && controllerOf(cluster.replicaSets.get(namespace, set.name) ?? {}, 'Deployment');
  const deployment = owner && cluster.deployments.get(namespace, owner.name);
  if (deployment?.spec?.strategy?.type === 'Recreate') queue.add(keyOf(deployment));
}

async function reconcileDeployment(
  key: string,
  deps: DeploymentDeps,
  signal: AbortSignal,
): Promise<{ againInMs?: number }> {
  const { namespace, name } = splitKey(key);
  const deployment = deps.cluster.deployments.get(namespace, name);
  if (deployment === undefined) return {};
  const orphans = deps.cluster.replicaSets.list().filter((set) => mayAdopt(deployment, set));
  if (orphans.length > 0) {
    const owner = { resource: DEPLOYMENTS, object: deployment };
    await adopt(owner, { resource: REPLICA_SETS, objects: orphans }, deps.cluster.kube, signal);
    return {}; // the watch shows them next, and with that comes the next run
  }
  const sets = setsOf(deployment, deps.cluster);
  const view = (now: Sets): DeploymentView => ({ deployment, ...now, now: timestamp(Date.now()) });
  if (deployment.metadata?.deletionTimestamp !== undefined) {
    return await writeDeploymentStatus(deployment, scaledStatus(view(sets)), deps.cluster, signal);
  }
  const all = [...sets.old, ...(sets.newest === undefined ? [] : [sets.newest])];
  if (deployment.spec?.paused === true || isScaling(deployment, all)) {
    const steps = scalingSteps(deployment, sets.newest, sets.old);
    const resized = await scale(deployment, sets, withStale(deployment, all, steps), deps, signal);
    await removeSurplus(deployment, resized, deps, signal);
    return await writeDeploymentStatus(deployment, pausedStatus(view(resized)), deps.cluster, signal);
  }
  const rolled = await roll(deployment, await numbered(sets, deps, signal), deps, signal);
  await writeRevision(deployment, rolled.newest, deps.cluster, signal);
  await removeSurplus(deployment, rolled, deps, signal);
  const status = withCreated(rolloutStatus(view(rolled)), sets, rolled);
  return await writeDeploymentStatus(deployment, status, deps.cluster, signal);
}

function setsOf(deployment: Deployment, cluster: Cluster): Sets {
  const owned = cluster.replicaSets
    .list()
    .filter((set) => controllerOf(set, 'Deployment')?.uid === deployment.metadata?.uid);
  const newest = newestSet(deployment, owned);
  return { newest, old: owned.filter((set) => set !== newest) };
}

/** A template that was used before becomes the latest revision again. */
async function numbered(sets: Sets, { cluster }: DeploymentDeps, signal: AbortSignal): Promise<Sets> {
  const { newest, old } = sets;
  if (newest === undefined || revisionOf(newest) >= nextRevision(old)) return sets;
  const annotations = { ...newest.metadata?.annotations, [REVISION_ANNOTATION]: String(nextRevision(old)) };
  const next = { ...newest, metadata: { ...newest.metadata, annotations } };
  return { newest: await cluster.kube.replace(REPLICA_SETS, next, { signal }), old };
}

/** One step of a rollout; the ReplicaSets as they are after it. */
async function roll(deployment: Deployment, sets: Sets, deps: DeploymentDeps, signal: AbortSignal): Promise<Sets> {
  if (deployment.spec?.strategy?.type === 'Recreate') {
    const stopping = sets.old.filter((set) => specReplicas(set) > 0);
    if (stopping.length > 0) {
      const steps = stopping.map((set) => ({ name: set.metadata?.name ?? '', replicas: 0 }));
      return await scale(deployment, sets, steps, deps, signal);
    }
    if (hasPods(sets.old, deps.cluster)) return sets;
  }
  if (sets.newest === undefined) return { ...sets, newest: await createSet(deployment, sets.old, deps, signal) };
  const replicas = newSetReplicas(deployment, [...sets.old, sets.newest], specReplicas(sets.newest));
  if (replicas !== specReplicas(sets.newest)) {
    return await scale(deployment, sets, [{ name: sets.newest.metadata?.name ?? '', replicas }], deps, signal);
  }
  return await scale(deployment, sets, oldSetSteps(deployment, sets.newest, sets.old), deps, signal);
}

function hasPods(sets: readonly ReplicaSet[], cluster: Cluster): boolean {
  const uids = new Set(sets.map((set) => set.metadata?.uid));
  return cluster.pods.list().some((pod) => {
    const finished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    return !finished && uids.has(controllerOf(pod, 'ReplicaSet')?.uid);
  });
}

async function createSet(
  deployment: Deployment,
  old: readonly ReplicaSet[],
  { cluster, events }: DeploymentDeps,
  signal: AbortSignal,
): Promise<ReplicaSet> {
  const replicas = newSetReplicas(deployment, old, 0);
  const created = await cluster.kube.create(REPLICA_SETS, newSet(deployment, old, replicas), { signal });
  if (replicas > 0) events.record(deployment, scaledNote(created.metadata?.name ?? '', 0, replicas));
  return created;
}

async function scale(
  deployment: Deployment,
  sets: Sets,
  steps: readonly ScaleStep[],
  { cluster, events }: DeploymentDeps,
  signal: AbortSignal,
): Promise<Sets> {
  const desired = specReplicas(deployment);
  const annotations = {
    [DESIRED_ANNOTATION]: String(desired),
    [MAX_ANNOTATION]: String(desired + rolloutBounds(deployment).surge),
  };
  const resize = async (set: ReplicaSet): Promise<ReplicaSet> => {
    const step = steps.find((candidate) => candidate.name === set.metadata?.name);
    if (step === undefined) return set;
    const next = {
      ...set,
      metadata: { ...set.metadata, annotations: { ...set.metadata?.annotations, ...annotations } },
      spec: { ...set.spec, replicas: step.replicas },
    } as ReplicaSet;
    const written = await cluster.kube.replace(REPLICA_SETS, next, { signal });
    const before = specReplicas(set);
    if (before !== step.replicas) events.record(deployment, scaledNote(step.name, before, step.replicas));
    return written;
  };
  const newest = sets.newest === undefined ? undefined : await resize(sets.newest);
  return { newest, old: await Promise.all(sets.old.map(resize)) };
}

/** Active sets keep in mind for which size of the Deployment they were made, also when theirs stays. */
function withStale(deployment: Deployment, all: readonly ReplicaSet[], steps: readonly ScaleStep[]): ScaleStep[] {
  const stale = all.filter((set) => isScaling(deployment, [set]) && !steps.some((s) => s.name === set.metadata?.name));
  return [...steps, ...stale.map((set) => ({ name: set.metadata?.name ?? '', replicas: specReplicas(set) }))];
}

function scaledNote(set: string, from: number, to: number): { type: 'Normal'; reason: string; message: string } {
  const direction = to > from ? 'up' : 'down';
  return {
    type: 'Normal',
    reason: 'ScalingReplicaSet',
    message: `Scaled ${direction} replica set ${set} from ${from} to ${to}`,
  };
}

async function removeSurplus(
  deployment: Deployment,
  { old }: Sets,
  { cluster }: DeploymentDeps,
  signal: AbortSignal,
): Promise<void> {
  for (const set of surplusSets(deployment, old)) {
    const { namespace = '', name = '', uid = '' } = set.metadata ?? {};
    try {
      await cluster.kube.delete(REPLICA_SETS, { namespace, name }, { signal, preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

function pausedStatus(view: DeploymentView): ReturnType<typeof scaledStatus> {
  const status = scaledStatus(view);
  const reason = conditionOf(status.conditions, 'Progressing')?.reason;
  const paused = view.deployment.spec?.paused === true;
  if (view.deployment.spec?.progressDeadlineSeconds === undefined || reason === 'ProgressDeadlineExceeded')
    return status;
  if (paused === (reason === 'DeploymentPaused')) return status;
  const next = paused
    ? condition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused', view.now)
    : condition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed', view.now);
  return paused || reason === 'DeploymentPaused'
    ? { ...status, conditions: withCondition(status.conditions ?? [], next) }
    : status;
}

/** Says which ReplicaSet a rollout began with, unless there is more to say already. */
function withCreated(status: ReturnType<typeof rolloutStatus>, before: Sets, after: Sets): typeof status {
  const name = after.newest?.metadata?.name;
  const known = conditionOf(status.conditions, 'Progressing');
  const created = before.newest === undefined && after.newest !== undefined;
  if (!created && (known !== undefined || name === undefined)) return status;
  if (created && known?.reason === 'NewReplicaSetAvailable' && status.replicas === 0 && status.updatedReplicas === 0) {
    return status;
  }
  const next = created
    ? condition('Progressing', 'True', 'NewReplicaSetCreated', `Created new replica set "${name}"`, now())
    : condition('Progressing', 'True', 'FoundNewReplicaSet', `Found new replica set "${name}"`, now());
  return { ...status, conditions: withCondition(status.conditions ?? [], next) };
}

const now = (): string => timestamp(Date.now());
