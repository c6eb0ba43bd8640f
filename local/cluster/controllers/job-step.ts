/**
 * The next step of a Job. Pure. As in every cluster a pod that has ended is written down in the status first, then loses
 * its finalizer, and is counted once it has none: whatever is interrupted in between, no pod counts twice or not at all.
 */
import type { Pod } from '#platform/kube/resources.ts';
import { conditionOf } from './conditions.ts';
import { afterPods, backoffLeftMs, type JobBackoff } from './job-backoff.ts';
import { hasRestartedTooOften, isTracked, type JobPods, podsOfJob } from './job-pods.ts';
import { type Job, type JobCondition, timestamp } from './kinds.ts';
import { byDeletionOrder } from './victims.ts';

interface JobView {
  job: Job;
  pods: readonly Pod[];
  backoff: JobBackoff | undefined;
  nowMs: number;
}

/** What to do, in this order. */
export interface JobStep {
  remove: Pod[];
  /** Those removed are too many, which is no failure of theirs: they lose the finalizer before. */
  dismissed: boolean;
  create: number;
  status: NonNullable<Job['status']>;
  /** Pods that lose the finalizer. */
  release: Pod[];
  backoff: JobBackoff | undefined;
  /** When to look again, though nothing has happened. */
  againInMs?: number;
}

const isSuspended = (job: Job): boolean => job.spec?.suspend === true;

export function jobStep(view: JobView): JobStep {
  const { job, nowMs } = view;
  const pods = podsOfJob(job, view.pods);
  const backoff = afterPods(view.backoff, pods.newSucceeded, pods.newFailed, nowMs);
  const outcome = decided(job) ?? failure(job, pods, nowMs);
  if (outcome?.type === 'FailureTarget') return ending(view, pods, outcome, backoff);
  const { create, remove, waitMs } = outcome === undefined ? fill(job, pods, backoff, nowMs) : NOTHING;
  const complete = outcome ?? (create === 0 && remove.length === 0 ? success(job, pods, nowMs) : undefined);
  const release = view.pods.filter((pod) => isTracked(pod) && (isCounted(pod, pods) || complete !== undefined));
  const status = statusOf(view, pods, { create, remove, complete, newFailed: pods.newFailed });
  const deadlineMs = complete === undefined ? deadlineLeftMs(job, status.startTime, nowMs) : undefined;
  const waits = [waitMs, deadlineMs].filter((ms) => ms !== undefined && ms > 0) as number[];
  const again = waits.length > 0 && { againInMs: Math.min(...waits) };
  return { create, remove, dismissed: true, status, release, backoff, ...again };
}

const NOTHING = { create: 0, remove: [] as Pod[], waitMs: 0 };

/** What was found out in an earlier step. */
function decided({ status }: Job): JobCondition | undefined {
  const found = ['SuccessCriteriaMet', 'FailureTarget'].map((type) => conditionOf(status?.conditions, type));
  return found.find((condition) => condition?.status === 'True');
}

function failure(job: Job, pods: JobPods, nowMs: number): JobCondition | undefined {
  if (pods.failed > (job.spec?.backoffLimit ?? 6) || hasRestartedTooOften(job, pods.active)) {
    return condition('FailureTarget', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit', nowMs);
  }
  const leftMs = deadlineLeftMs(job, job.status?.startTime, nowMs);
  if (leftMs === undefined || leftMs > 0) return undefined;
  return condition('FailureTarget', 'DeadlineExceeded', 'Job was active longer than specified deadline', nowMs);
}

function deadlineLeftMs(job: Job, startTime: string | undefined, nowMs: number): number | undefined {
  const seconds = job.spec?.activeDeadlineSeconds;
  if (seconds === undefined || startTime === undefined || isSuspended(job)) return undefined;
  return Date.parse(startTime) + seconds * 1_000 - nowMs;
}

function success(job: Job, { succeeded, active }: JobPods, nowMs: number): JobCondition | undefined {
  const wanted = job.spec?.completions ?? 1;
  if (succeeded < wanted || active.length > 0) return undefined;
  return condition('SuccessCriteriaMet', 'CompletionsReached', 'Reached expected number of succeeded pods', nowMs);
}

/** Pods to make or to take away, or how long to wait before the next is made. */
function fill(job: Job, pods: JobPods, backoff: JobBackoff | undefined, nowMs: number) {
  const { parallelism = 1, completions, podReplacementPolicy } = job.spec ?? {};
  const active = pods.active.length;
  const left = completions === undefined ? (pods.succeeded > 0 ? active : parallelism) : completions - pods.succeeded;
  const wanted = isSuspended(job) ? 0 : Math.max(0, Math.min(left, completions === undefined ? left : parallelism));
  if (active > wanted) return { ...NOTHING, remove: byDeletionOrder(pods.active, nowMs).slice(0, active - wanted) };
  const missing = wanted - active - (podReplacementPolicy === 'Failed' ? pods.terminating : 0);
  if (missing <= 0) return NOTHING;
  const waitMs = backoffLeftMs(backoff, nowMs);
  return waitMs > 0 ? { ...NOTHING, waitMs } : { ...NOTHING, create: missing };
}

/** The Job has failed: its pods go, and each that did not succeed has failed. */
function ending(view: JobView, pods: JobPods, outcome: JobCondition, backoff: JobBackoff | undefined): JobStep {
  const tracked = view.pods.filter(isTracked);
  const known = new Set([...pods.uncounted.succeeded, ...pods.uncounted.failed]);
  const newFailed = tracked.filter((pod) => !known.has(pod.metadata?.uid ?? '') && pod.status?.phase !== 'Succeeded');
  const status = statusOf(view, pods, { create: 0, remove: pods.active, complete: outcome, newFailed });
  return { create: 0, remove: pods.active, dismissed: false, status, release: tracked, backoff };
}

function isCounted({ metadata }: Pod, { newSucceeded, newFailed, uncounted }: JobPods): boolean {
  const uid = metadata?.uid ?? '';
  const fresh = [...newSucceeded, ...newFailed].some((pod) => pod.metadata?.uid === uid);
  return fresh || uncounted.succeeded.includes(uid) || uncounted.failed.includes(uid);
}

interface Doing {
  create: number;
  remove: readonly Pod[];
  complete: JobCondition | undefined;
  newFailed: readonly Pod[];
}

function statusOf({ job, nowMs }: JobView, pods: JobPods, { create, remove, complete, newFailed }: Doing) {
  const uids = (list: readonly Pod[]) => list.map(({ metadata }) => metadata?.uid ?? '');
  const succeeded = [...pods.uncounted.succeeded, ...uids(pods.newSucceeded)];
  const failed = [...pods.uncounted.failed, ...uids(newFailed)];
  const active = pods.active.length + create - remove.length;
  const terminating = pods.terminating + remove.length;
  const over = complete !== undefined && succeeded.length + failed.length + terminating + active === 0;
  const conditions = conditionsOf(job, complete, over, nowMs);
  const now = timestamp(nowMs);
  const startTime = isResumed(job) ? now : (job.status?.startTime ?? (isSuspended(job) ? undefined : now));
  return {
    ...(conditions.length > 0 && { conditions }),
    ...(startTime !== undefined && { startTime }),
    ...(over && complete.type === 'SuccessCriteriaMet' && { completionTime: now }),
    ...(active > 0 && { active }),
    ...(pods.counted.succeeded > 0 && { succeeded: pods.counted.succeeded }),
    ...(pods.counted.failed > 0 && { failed: pods.counted.failed }),
    ready: remove.length > 0 ? Math.max(0, pods.ready - remove.length) : pods.ready,
    terminating,
    uncountedTerminatedPods: {
      ...(succeeded.length > 0 && { succeeded }),
      ...(failed.length > 0 && { failed }),
    },
  };
}

const isResumed = (job: Job): boolean =>
  !isSuspended(job) && conditionOf(job.status?.conditions, 'Suspended')?.status === 'True';

function conditionsOf(job: Job, complete: JobCondition | undefined, over: boolean, nowMs: number): JobCondition[] {
  const others = (job.status?.conditions ?? []).filter(({ type }) => type !== 'Suspended' && type !== complete?.type);
  const suspended = conditionOf(job.status?.conditions, 'Suspended');
  const suspension = isSuspended(job)
    ? suspended?.status === 'True'
      ? suspended
      : condition('Suspended', 'JobSuspended', 'Job suspended', nowMs)
    : isResumed(job)
      ? { ...condition('Suspended', 'JobResumed', 'Job resumed', nowMs), status: 'False' }
      : suspended;
  const last = complete?.type === 'SuccessCriteriaMet' ? 'Complete' : 'Failed';
  return [
    ...(suspension === undefined ? [] : [suspension]),
    ...others,
    ...(complete === undefined ? [] : [complete]),
    ...(over && complete !== undefined ? [condition(last, complete.reason ?? '', complete.message ?? '', nowMs)] : []),
  ];
}

function condition(type: string, reason: string, message: string, nowMs: number): JobCondition {
  const now = timestamp(nowMs);
  return { type, status: 'True', lastProbeTime: now, lastTransitionTime: now, reason, message };
}

/** How it ended; undefined while it goes on. */
export function finished({ status }: Job): JobCondition | undefined {
  return status?.conditions?.find(
    ({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True',
  );
}
