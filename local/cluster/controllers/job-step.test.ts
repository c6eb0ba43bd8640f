import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#platform/kube/resources.ts';
import { TRACKED } from './job-pods.ts';
import { type JobStep, jobStep } from './job-step.ts';
import type { Job } from './kinds.ts';

const NOW_MS = Date.parse('2026-01-01T00:01:00Z');
const template = { spec: { restartPolicy: 'Never', containers: [] } };

function aJob(spec: object = {}, status: object = { startTime: '2026-01-01T00:00:00Z' }): Job {
  return { metadata: { name: 'j', uid: 'j' }, spec: { parallelism: 1, completions: 1, template, ...spec }, status };
}

function aPod(uid: string, phase: string, more: object = {}): Pod {
  return { metadata: { name: uid, uid, finalizers: [TRACKED], ...more }, status: { phase } };
}

function step(job: Job, pods: Pod[], backoff?: { failures: number; lastFailureMs: number }): JobStep {
  return jobStep({ job, pods, backoff, nowMs: NOW_MS });
}

const types = ({ status }: JobStep) => (status.conditions ?? []).map(({ type, reason }) => `${type} ${reason}`);
const names = (pods: Pod[]) => pods.map(({ metadata }) => metadata?.uid);
/** The Job as it is after the step, and its pods without what was released. */
const after = (job: Job, { status }: JobStep): Job => ({ ...job, status });
const released = (pod: Pod): Pod => ({ ...pod, metadata: { ...pod.metadata, finalizers: [] } });

test('a new Job begins with as many pods as may run side by side, and no more than are left to do', () => {
  const first = step(aJob({ parallelism: 3, completions: 2 }, {}), []);
  assert.deepEqual([first.create, first.status.active, first.status.startTime], [2, 2, '2026-01-01T00:01:00Z']);
  const next = step(aJob({ parallelism: 2, completions: 3 }), [aPod('a', 'Running'), aPod('b', 'Succeeded')]);
  assert.equal(next.create, 1);
});

test('a pod that succeeded is written down, let go, and counted; then the Job is complete', () => {
  const job = aJob();
  const pod = aPod('a', 'Succeeded');
  const first = step(job, [pod]);
  assert.deepEqual(first.status.uncountedTerminatedPods, { succeeded: ['a'] });
  assert.deepEqual([first.status.succeeded, names(first.release)], [undefined, ['a']]);
  assert.deepEqual(types(first), ['SuccessCriteriaMet CompletionsReached']);
  const second = step(after(job, first), [released(pod)]);
  assert.deepEqual([second.status.succeeded, second.status.uncountedTerminatedPods], [1, {}]);
  assert.deepEqual(types(second), ['SuccessCriteriaMet CompletionsReached', 'Complete CompletionsReached']);
  assert.equal(second.status.completionTime, '2026-01-01T00:01:00Z');
});

test('a pod that is gone before it was let go counts all the same, once', () => {
  const job = aJob({}, { startTime: '2026-01-01T00:00:00Z', uncountedTerminatedPods: { failed: ['a'] } });
  const first = step(job, []);
  assert.equal(first.status.failed, 1);
  assert.equal(step(after(job, first), []).status.failed, 1);
});

test('after a failure the next pod waits 10 s, then 20 s', () => {
  const failedAt = (finishedAt: string): Pod => ({
    ...aPod('a', 'Failed'),
    status: { phase: 'Failed', containerStatuses: [{ state: { terminated: { finishedAt, exitCode: 1 } } }] as never },
  });
  const first = step(aJob(), [failedAt('2026-01-01T00:00:56Z')]);
  assert.deepEqual([first.create, first.againInMs, first.backoff?.failures], [0, 6_000, 1]);
  const second = step(aJob(), [failedAt('2026-01-01T00:00:56Z')], { failures: 1, lastFailureMs: 0 });
  assert.equal(second.againInMs, 16_000);
  const later = step(aJob(), [], { failures: 1, lastFailureMs: NOW_MS - 10_000 });
  assert.equal(later.create, 1);
});

test('when the limit is passed, the rest goes, and the Job has failed when it is gone', () => {
  const job = aJob({ backoffLimit: 0, parallelism: 2, completions: 2 });
  const pods = [aPod('a', 'Failed'), aPod('b', 'Running')];
  const first = step(job, pods);
  assert.deepEqual([names(first.remove), first.dismissed, names(first.release)], [['b'], false, ['a', 'b']]);
  assert.deepEqual(types(first), ['FailureTarget BackoffLimitExceeded']);
  const leaving = released(aPod('b', 'Running', { deletionTimestamp: '2026-01-01T00:01:00Z' }));
  const second = step(after(job, first), [released(pods[0] as Pod), leaving]);
  assert.deepEqual([types(second).length, second.status.failed, second.status.terminating], [1, 2, 1]);
  const third = step(after(job, second), []);
  assert.deepEqual(types(third), ['FailureTarget BackoffLimitExceeded', 'Failed BackoffLimitExceeded']);
});

test('containers that are restarted in their pod count against the limit', () => {
  const restarted = { ...aPod('a', 'Running'), status: { phase: 'Running', containerStatuses: [{ restartCount: 2 }] } };
  const onFailure = { spec: { ...template.spec, restartPolicy: 'OnFailure' } };
  const reached = step(aJob({ template: onFailure, backoffLimit: 2 }), [restarted as never]);
  assert.deepEqual(types(reached), ['FailureTarget BackoffLimitExceeded']);
  assert.deepEqual(types(step(aJob({ template: onFailure, backoffLimit: 3 }), [restarted as never])), []);
});

test('a Job that takes too long fails; until then it is looked at in time', () => {
  assert.equal(step(aJob({ activeDeadlineSeconds: 90 }), [aPod('a', 'Running')]).againInMs, 30_000);
  const late = step(aJob({ activeDeadlineSeconds: 60 }), [aPod('a', 'Running')]);
  assert.deepEqual([types(late), names(late.remove)], [['FailureTarget DeadlineExceeded'], ['a']]);
});

test('a suspended Job dismisses its pods, which have not failed by that, and begins anew later', () => {
  const job = aJob({ suspend: true });
  const first = step(job, [aPod('a', 'Running')]);
  assert.deepEqual([names(first.remove), first.dismissed, types(first)], [['a'], true, ['Suspended JobSuspended']]);
  const resumed = step(aJob({}, first.status), []);
  assert.deepEqual([resumed.create, types(resumed)], [1, ['Suspended JobResumed']]);
  assert.equal(resumed.status.startTime, '2026-01-01T00:01:00Z');
});
