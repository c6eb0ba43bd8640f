/** Jobs become pods, until enough of them have succeeded or too many have failed. */
import { isDeepStrictEqual } from 'node:util';
import { WorkQueue } from '#platform/controller/work-queue.ts';
import { isConflict, isNotFound } from '#platform/kube/error.ts';
import { PODS, type Pod } from '#platform/kube/resources.ts';
import type { Cluster } from './cluster.ts';
import type { JobBackoff } from './job-backoff.ts';
import { isTracked, TRACKED } from './job-pods.ts';
import { finished, type JobStep, jobStep } from './job-step.ts';
import { controllerOf, JOBS, type Job, type JobCondition, keyOf, splitKey, timestamp } from './kinds.ts';
import { createPods, deletePods, type PodControlDeps } from './pod-control.ts';
import { PodWrites } from './pod-writes.ts';

interface Deps extends PodControlDeps {
  /** By the Job's uid. */
  backoffs: Map<string, JobBackoff>;
  /** Uids of pods that were removed without being counted, until they are gone. */
  dismissed: Set<string>;
}

export function startJobController(options: Omit<PodControlDeps, 'writes'>): AsyncDisposable {
  const { cluster } = options;
  const deps: Deps = { ...options, writes: new PodWrites(), backoffs: new Map(), dismissed: new Set() };
  const queue = new WorkQueue({
    name: 'jobs',
    run: (key, signal) => reconcileJob(key, deps, signal),
    log: cluster.log,
    backoffBaseMs: 10,
    backoffMaxMs: 30_000,
  });
  // Pods that no Job will ever count.
  const orphans = new WorkQueue({
    name: 'job-orphans',
    run: (key, signal) => releaseOrphan(key, cluster, signal),
    log: cluster.log,
    backoffBaseMs: 10,
  });
  cluster.jobs.onChange(({ type, object }) => {
    queue.add(keyOf(object));
    if (type !== 'deleted') return;
    deps.backoffs.delete(object.metadata?.uid ?? '');
    for (const pod of cluster.pods.list()) if (isTracked(pod)) orphans.add(keyOf(pod));
  });
  cluster.pods.onChange((change) => {
    deps.writes.seen(change);
    if (change.type === 'deleted') deps.dismissed.delete(change.object.metadata?.uid ?? '');
    const owner = controllerOf(change.object, 'Job');
    if (owner !== undefined) queue.add(`${change.object.metadata?.namespace}/${owner.name}`);
    if (isTracked(change.object)) orphans.add(keyOf(change.object));
  });
  const stack = new AsyncDisposableStack();
  stack.use(queue);
  stack.use(orphans);
  return stack;
}

async function reconcileJob(key: string, deps: Deps, signal: AbortSignal): Promise<{ againInMs?: number }> {
  const { namespace, name } = splitKey(key);
  const job = deps.cluster.jobs.get(namespace, name);
  if (job === undefined) return {};
  const uid = job.metadata?.uid ?? '';
  const pods = podsOf(job, deps);
  const ended = finished(job);
  if (ended !== undefined || job.metadata?.deletionTimestamp !== undefined) {
    await release(pods.filter(isTracked), deps.cluster, signal);
    return ended === undefined ? {} : await expire(job, ended, deps.cluster, signal);
  }
  if (job.spec?.completionMode === 'Indexed') return refuseIndexed(job, deps);
  const step = jobStep({ job, pods, backoff: deps.backoffs.get(uid), nowMs: Date.now() });
  const failure = await changePods(job, step, deps, signal);
  if (failure !== undefined) throw failure; // the queue's backoff spaces the next tries
  if (!(await writeStatus(job, step.status, deps, signal))) return {};
  if (step.backoff !== undefined) deps.backoffs.set(uid, step.backoff);
  else deps.backoffs.delete(uid);
  await release(step.release, deps.cluster, signal);
  return step.againInMs === undefined ? {} : { againInMs: step.againInMs };
}

/** Those just created are there, and those just deleted on their way out, whatever the watch shows yet. */
function podsOf(job: Job, { cluster, writes, dismissed }: Deps): Pod[] {
  return writes
    .withCreated(cluster.pods.list())
    .filter((pod) => controllerOf(pod, 'Job')?.uid === job.metadata?.uid)
    .map((pod) => {
      if (!writes.isDeleted(pod)) return pod;
      const { deletionTimestamp = timestamp(Date.now()), finalizers, ...metadata } = pod.metadata ?? {};
      const kept = dismissed.has(metadata.uid ?? '') ? [] : (finalizers ?? []);
      return { ...pod, metadata: { ...metadata, deletionTimestamp, finalizers: kept } };
    });
}

async function changePods(job: Job, step: JobStep, deps: Deps, signal: AbortSignal): Promise<Error | undefined> {
  if (step.dismissed) {
    for (const { metadata } of step.remove) deps.dismissed.add(metadata?.uid ?? '');
    await release(step.remove, deps.cluster, signal);
  }
  const failure = await deletePods(job, step.remove, deps, signal);
  if (failure !== undefined || step.create === 0) return failure;
  const template = job.spec?.template;
  const finalizers = [...(template?.metadata?.finalizers ?? []), TRACKED];
  const tracked = { ...template, metadata: { ...template?.metadata, finalizers } };
  return await createPods({ resource: JOBS, object: job, template: tracked }, step.create, deps, signal);
}

/** Whether the status is now as `status`; not when the Job has changed meanwhile, which its watch will show. */
async function writeStatus(
  job: Job,
  status: JobStep['status'],
  { cluster, events }: Deps,
  signal: AbortSignal,
): Promise<boolean> {
  if (isDeepStrictEqual(status, job.status)) return true;
  try {
    await cluster.kube.replace(JOBS, { ...job, status }, { subresource: 'status', signal });
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) return false;
    throw error;
  }
  const end = finished({ ...job, status });
  if (end?.type === 'Complete') events.record(job, { type: 'Normal', reason: 'Completed', message: 'Job completed' });
  if (end?.type === 'Failed') {
    events.record(job, { type: 'Warning', reason: end.reason ?? '', message: end.message ?? '' });
  }
  return true;
}

async function release(pods: readonly Pod[], { kube }: Cluster, signal: AbortSignal): Promise<void> {
  await Promise.all(
    pods.map(async ({ metadata }) => {
      const { uid, namespace, name = '' } = metadata ?? {};
      const body = { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [TRACKED] } };
      await kube.patch(PODS, { namespace, name }, { type: 'strategic', body }, { signal }).catch((error: unknown) => {
        if (!isConflict(error) && !isNotFound(error)) throw error; // gone, or another pod of this name
      });
    }),
  );
}

async function releaseOrphan(key: string, cluster: Cluster, signal: AbortSignal): Promise<undefined> {
  const { namespace, name } = splitKey(key);
  const pod = cluster.pods.get(namespace, name);
  if (pod === undefined || !isTracked(pod)) return;
  const owner = controllerOf(pod, 'Job');
  const job = owner && cluster.jobs.get(namespace, owner.name);
  if (job === undefined || job.metadata?.uid !== owner?.uid) await release([pod], cluster, signal);
}

/** A Job that is over goes after `ttlSecondsAfterFinished`, if it has that. */
async function expire(
  job: Job,
  { lastTransitionTime = '' }: JobCondition,
  { kube }: Cluster,
  signal: AbortSignal,
): Promise<{ againInMs?: number }> {
  const seconds = job.spec?.ttlSecondsAfterFinished;
  if (seconds === undefined || job.metadata?.deletionTimestamp !== undefined) return {};
  const leftMs = Date.parse(lastTransitionTime) + seconds * 1_000 - Date.now();
  if (leftMs > 0) return { againInMs: leftMs };
  const { namespace, name = '', uid = '' } = job.metadata ?? {};
  const options = { signal, propagationPolicy: 'Foreground', preconditions: { uid } } as const;
  await kube.delete(JOBS, { namespace, name }, options).catch((error: unknown) => {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  });
  return {};
}

function refuseIndexed(job: Job, { events }: Deps): Record<string, never> {
  const message = 'the local cluster runs Jobs of completionMode NonIndexed only';
  events.record(job, { type: 'Warning', reason: 'UnknownCompletionMode', message });
  return {};
}
