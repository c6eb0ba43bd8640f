/** ReplicaSets become pods. */
import { isDeepStrictEqual } from 'node:util';
import { isNotFound, KubeError } from '#platform/kube-error.ts';
import { PODS, type Pod, REPLICA_SETS, type ReplicaSet } from '#platform/resources.ts';
import { WorkQueue } from '#platform/work-queue.ts';
import { adopt, mayAdopt } from './adoption.ts';
import type { Cluster, Recorder } from './cluster.ts';
import { controllerOf, keyOf, splitKey } from './kinds.ts';
import { isActive } from './pod-state.ts';
import { PodWrites } from './pod-writes.ts';
import { nextAvailabilityMs, replicaSetStatus } from './replica-set-status.ts';
import { byDeletionOrder } from './victims.ts';

export interface ReplicaSetDeps {
  cluster: Cluster;
  events: Recorder;
  /** Called with each pod just before it is deleted, so that its processes may learn of it first. */
  beforeDelete: (pod: Pod) => void;
}

/** Most pods created or deleted in one run. */
const BURST = 500;
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

type Deps = ReplicaSetDeps & { writes: PodWrites };

async function reconcileReplicaSet(key: string, deps: Deps, signal: AbortSignal): Promise<{ againInMs?: number }> {
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
  const view = { set, pods: podsOf(set, deps), nowMs: Date.now() };
  await writeStatus(set, replicaSetStatus({ ...view, failure: failure && messageOf(failure) }), deps.cluster, signal);
  // The queue's backoff spaces the next tries.
  if (failure !== undefined) throw failure;
  const againInMs = nextAvailabilityMs(view);
  return againInMs === undefined ? {} : { againInMs };
}

function podsOf(set: ReplicaSet, { cluster, writes }: Deps): Pod[] {
  return writes
    .apply(cluster.pods.list())
    .filter((pod) => controllerOf(pod, 'ReplicaSet')?.uid === set.metadata?.uid)
    .filter(isActive);
}

/** Creates or deletes pods; returns what kept it from doing all of it. */
async function fill(set: ReplicaSet, deps: Deps, signal: AbortSignal): Promise<Error | undefined> {
  const pods = podsOf(set, deps);
  const missing = (set.spec?.replicas ?? 1) - pods.length;
  if (missing > 0) return await createPods(set, Math.min(missing, BURST), deps, signal);
  const victims = missing === 0 ? [] : byDeletionOrder(pods, Date.now()).slice(0, Math.min(-missing, BURST));
  const outcomes = await Promise.allSettled(victims.map((pod) => deletePod(set, pod, deps, signal)));
  return firstFailure(outcomes);
}

/** In batches of 1, 2, 4, …: where the first one is refused, five hundred would be too. */
async function createPods(set: ReplicaSet, count: number, deps: Deps, signal: AbortSignal): Promise<Error | undefined> {
  for (let done = 0, batch = 1; done < count; done += batch, batch = Math.min(batch * 2, count - done)) {
    const outcomes = await Promise.allSettled(Array.from({ length: batch }, () => createPod(set, deps, signal)));
    const failure = firstFailure(outcomes);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

async function createPod(set: ReplicaSet, { cluster, events, writes }: Deps, signal: AbortSignal): Promise<void> {
  try {
    const pod = await cluster.kube.create(PODS, podFrom(set), { signal });
    writes.created(pod);
    events.record(set, note('Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata?.name}`));
  } catch (error) {
    if (isNamespaceLeaving(error)) return;
    events.record(set, note('Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`));
    throw error;
  }
}

async function deletePod(
  set: ReplicaSet,
  pod: Pod,
  { cluster, events, writes, beforeDelete }: Deps,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name = '', uid = '' } = pod.metadata ?? {};
  beforeDelete(pod);
  try {
    await cluster.kube.delete(PODS, { namespace, name }, { signal, preconditions: { uid } });
    events.record(set, note('Normal', 'SuccessfulDelete', `Deleted pod: ${name}`));
  } catch (error) {
    if (!isNotFound(error)) {
      events.record(set, note('Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`));
      throw error;
    }
  }
  writes.deleted(pod);
}

function podFrom(set: ReplicaSet): Pod {
  const { name = '', namespace = '', uid = '' } = set.metadata ?? {};
  const template = set.spec?.template;
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  return {
    metadata: {
      generateName: `${name}-`,
      namespace,
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(finalizers && { finalizers }),
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    ...(template?.spec && { spec: template.spec }),
  };
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

function firstFailure(outcomes: readonly PromiseSettledResult<void>[]): Error | undefined {
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed === undefined) return undefined;
  return failed.reason instanceof Error ? failed.reason : new Error(String(failed.reason));
}

/** Nothing can be created in a namespace that is being deleted, and nothing needs to be. */
function isNamespaceLeaving(error: unknown): boolean {
  const causes = error instanceof KubeError ? error.details?.details?.causes : undefined;
  return causes?.some((cause) => cause.reason === 'NamespaceTerminating') ?? false;
}

/** The server's own words, without the verb and object that the client puts before them. */
function messageOf(error: unknown): string {
  if (error instanceof KubeError) return error.details?.message ?? error.message;
  return error instanceof Error ? error.message : String(error);
}

function note(type: 'Normal' | 'Warning', reason: string, message: string): Parameters<Recorder['record']>[1] {
  return { type, reason, message };
}
