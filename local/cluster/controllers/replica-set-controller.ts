/** ReplicaSets become pods. */
import { isDeepStrictEqual } from 'node:util';
import { WorkQueue } from '#platform/controller/work-queue.ts';
import { isNotFound } from '#platform/kube/error.ts';
import { PODS, type Pod, REPLICA_SETS, type ReplicaSet } from '#platform/kube/resources.ts';
import { adopt, mayAdopt } from './adoption.ts';
import type { Cluster } from './cluster.ts';
import { controllerOf, keyOf, splitKey } from './kinds.ts';
import { createPods, deletePods, messageOf, type PodControlDeps } from './pod-control.ts';
import { isActive, isTerminating } from './pod-state.ts';
import { PodWrites } from './pod-writes.ts';
import { nextAvailabilityMs, replicaSetStatus } from './replica-set-status.ts';
import { byDeletionOrder } from './victims.ts';

type ReplicaSetDeps = Omit<PodControlDeps, 'writes'>;

/** Pods that start change their status several times in a row: they are counted when the machine has time again. */
const COUNT_DELAY_MS = 50;

export function startReplicaSetController(deps: ReplicaSetDeps): WorkQueue {
  const { cluster } = deps;
  const writes = new PodWrites();
  const queue = new WorkQueue({
    name: 'replicasets',
    run: (key, signal) => reconcileReplicaSet(key, { ...deps, writes }, signal),
    log: cluster.log,
    backoffBaseMs: 10,
    backoffMaxMs: 30_000,
  });
  cluster.replicaSets.onChange((change) => queue.add(keyOf(change.object)));
  cluster.pods.onChange((change) => {
    writes.seen(change);
    const owner = controllerOf(change.object, 'ReplicaSet');
    if (owner === undefined) {
      if (change.type !== 'deleted') addAdopting(change.object, cluster, queue);
      return;
    }
    const gone = change.type === 'deleted' || !isActive(change.object);
    queue.addAfter(`${change.object.metadata?.namespace}/${owner.name}`, gone ? 0 : COUNT_DELAY_MS);
  });
  return queue;
}

function addAdopting(orphan: Pod, cluster: Cluster, queue: WorkQueue): void {
  for (const set of cluster.replicaSets.list()) if (mayAdopt(set, orphan)) queue.add(keyOf(set));
}

async function reconcileReplicaSet(
  key: string,
  deps: PodControlDeps,
  signal: AbortSignal,
): Promise<{ againInMs?: number }> {
  const { namespace, name } = splitKey(key);
  const set = deps.cluster.replicaSets.get(namespace, name);
  if (set === undefined) return {};
  const orphans = deps.cluster.pods.list().filter((pod) => isActive(pod) && mayAdopt(set, pod));
  if (orphans.length > 0) {
    const owner = { resource: REPLICA_SETS, object: set };
    await adopt(owner, { resource: PODS, objects: orphans }, deps.cluster.kube, signal);
    return {}; // the watch shows them next, and with that comes the next run
  }
  const deleting = set.metadata?.deletionTimestamp !== undefined;
  const before = podsOf(set, deps).length;
  const failure = deleting ? undefined : await fill(set, deps, signal);
  // New pods come into sight at once, and are counted then.
  if (failure === undefined && podsOf(set, deps).length > before) return { againInMs: COUNT_DELAY_MS };
  const terminating = deps.cluster.pods.list().filter((pod) => isOf(set, pod) && isTerminating(pod)).length;
  const view = { set, pods: podsOf(set, deps), terminating, nowMs: Date.now() };
  await writeStatus(set, replicaSetStatus({ ...view, failure: failure && messageOf(failure) }), deps.cluster, signal);
  // The queue's backoff spaces the next tries.
  if (failure !== undefined) throw failure;
  const againInMs = nextAvailabilityMs(view);
  return againInMs === undefined ? {} : { againInMs };
}

function podsOf(set: ReplicaSet, { cluster, writes }: PodControlDeps): Pod[] {
  return writes.apply(cluster.pods.list()).filter((pod) => isOf(set, pod) && isActive(pod));
}

function isOf(set: ReplicaSet, pod: Pod): boolean {
  return controllerOf(pod, 'ReplicaSet')?.uid === set.metadata?.uid;
}

/** Creates or deletes pods; returns what kept it from doing all of it. */
async function fill(set: ReplicaSet, deps: PodControlDeps, signal: AbortSignal): Promise<Error | undefined> {
  const pods = podsOf(set, deps);
  const missing = (set.spec?.replicas ?? 1) - pods.length;
  const owner = { resource: REPLICA_SETS, object: set, template: set.spec?.template };
  if (missing > 0) return await createPods(owner, missing, deps, signal);
  const victims = missing === 0 ? [] : byDeletionOrder(pods, Date.now()).slice(0, -missing);
  return await deletePods(set, victims, deps, signal);
}

async function writeStatus(
  set: ReplicaSet,
  status: ReturnType<typeof replicaSetStatus>,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name = '' } = set.metadata ?? {};
  const before = { fullyLabeledReplicas: 0, readyReplicas: 0, availableReplicas: 0, ...set.status };
  if (isDeepStrictEqual(before, status)) return;
  const body = { status: { ...status, conditions: status.conditions ?? null } };
  try {
    await cluster.kube.patch(
      REPLICA_SETS,
      { namespace, name },
      { type: 'merge', body },
      { subresource: 'status', signal },
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
