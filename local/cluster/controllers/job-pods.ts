/** How a Job's pods stand, and which of them are to be counted. Pure. */
import type { Pod } from '#platform/kube/resources.ts';
import type { Job } from './kinds.ts';
import { isActive, isReady } from './pod-state.ts';

/** Keeps a pod until it has been counted, however it goes. */
export const TRACKED = 'batch.kubernetes.io/job-tracking';

export interface JobPods {
  active: Pod[];
  ready: number;
  /** On their way out, but not over. */
  terminating: number;
  /** Ended, and not yet written down. */
  newSucceeded: Pod[];
  newFailed: Pod[];
  /** Uids of ended pods that were written down, but keep their finalizer yet. */
  uncounted: { succeeded: string[]; failed: string[] };
  /** All that have succeeded or failed so far. */
  succeeded: number;
  failed: number;
  /** Of these, the ones that are over and done with. */
  counted: { succeeded: number; failed: number };
}

export const isTracked = (pod: Pod): boolean => pod.metadata?.finalizers?.includes(TRACKED) ?? false;
const uidOf = (pod: Pod): string => pod.metadata?.uid ?? '';
const isOver = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

export function podsOfJob(job: Job, pods: readonly Pod[]): JobPods {
  const tracked = new Set(pods.filter(isTracked).map(uidOf));
  const { succeeded = [], failed = [] } = job.status?.uncountedTerminatedPods ?? {};
  const known = new Set([...succeeded, ...failed]);
  const uncounted = {
    succeeded: succeeded.filter((uid) => tracked.has(uid)),
    failed: failed.filter((uid) => tracked.has(uid)),
  };
  const unknown = pods.filter((pod) => isTracked(pod) && !known.has(uidOf(pod)));
  const newSucceeded = unknown.filter((pod) => pod.status?.phase === 'Succeeded');
  const newFailed = unknown.filter((pod) => hasFailed(pod, job));
  const active = pods.filter(isActive);
  const before = { succeeded: job.status?.succeeded ?? 0, failed: job.status?.failed ?? 0 };
  return {
    active,
    ready: active.filter(isReady).length,
    terminating: pods.filter((pod) => pod.metadata?.deletionTimestamp !== undefined && !isOver(pod)).length,
    newSucceeded,
    newFailed,
    uncounted,
    succeeded: before.succeeded + succeeded.length + newSucceeded.length,
    failed: before.failed + failed.length + newFailed.length,
    counted: {
      succeeded: before.succeeded + succeeded.length - uncounted.succeeded.length,
      failed: before.failed + failed.length - uncounted.failed.length,
    },
  };
}

/** One that is deleted counts as failed at once, unless only those are replaced that have really failed. */
function hasFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === 'Failed') return true;
  if (job.spec?.podReplacementPolicy === 'Failed') return false;
  return pod.metadata?.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded';
}

/** Restarts in its pods reach the limit; for Jobs whose containers are restarted in their pods. */
export function hasRestartedTooOften(job: Job, active: readonly Pod[]): boolean {
  if (job.spec?.template.spec?.restartPolicy !== 'OnFailure') return false;
  const statuses = active.flatMap(({ status }) => [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ]);
  const restarts = statuses.reduce((sum, status) => sum + status.restartCount, 0);
  const limit = job.spec.backoffLimit ?? 6;
  return limit === 0 ? restarts > 0 : restarts >= limit;
}
