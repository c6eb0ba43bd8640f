import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aCrashedPod, aDeployment, aPod, at, someRevisions } from '../builders.ts';
import type { Failure } from './failure.ts';
import { planRollout, type RolloutInput } from './rollout.ts';

const ANSWERED = '2026-01-01T00:00:00Z';
const old = (replicas: number) => aDeployment({ revision: 'old', replicas, answeredAt: ANSWERED });
const latest = (replicas: number) => aDeployment({ revision: 'new', replicas });
const readyPod = (revision: string) => aPod({ revision, ready: true });
const known = (reason: Failure['reason']) => ({
  revision: 'new',
  failure: { reason, message: '', terminal: true },
  sinceMs: at(0),
});

function plan(revisions: RolloutInput['revisions'], more: Partial<RolloutInput> = {}) {
  return planRollout({
    revisions,
    latest: 'new',
    servingBefore: 'old',
    knownFailure: undefined,
    maxReplicas: 10,
    nowMs: at(1),
    ...more,
  });
}

test('the first revision takes traffic from the start and is not started', () => {
  const { serving, scale, failure } = plan(someRevisions([latest(0)]), { servingBefore: undefined });
  assert.equal(serving, 'new');
  assert.deepEqual(scale, []);
  assert.equal(failure, undefined);
});

test('a new revision starts beside an active one with as many replicas, and takes no traffic yet', () => {
  const { serving, scale } = plan(someRevisions([old(3), latest(0)], [readyPod('old')]));
  assert.equal(serving, 'old');
  assert.deepEqual(scale, [{ revision: 'new', replicas: 3 }]);
});

test('a new revision has no more replicas than maxReplicas', () => {
  const { scale } = plan(someRevisions([old(3), latest(0)]), { maxReplicas: 2 });
  assert.deepEqual(scale, [{ revision: 'new', replicas: 2 }]);
});

test('at zero a new revision waits for the next request', () => {
  const { serving, scale } = plan(someRevisions([old(0), latest(0)]));
  assert.equal(serving, 'old');
  assert.deepEqual(scale, []);
});

test('traffic moves once a replica of the new revision is ready, and the old one goes to zero', () => {
  const { serving, scale, firstAnswers } = plan(someRevisions([old(2), latest(2)], [readyPod('old'), readyPod('new')]));
  assert.equal(serving, 'new');
  assert.deepEqual(firstAnswers, ['new']);
  assert.deepEqual(scale, [{ revision: 'old', replicas: 0 }]);
});

test('a new revision that fails for good goes to zero and the old one keeps the traffic', () => {
  const { serving, scale, failure } = plan(someRevisions([old(1), latest(1)], [readyPod('old'), aCrashedPod('new')]));
  assert.equal(serving, 'old');
  assert.equal(failure?.reason, 'CrashLoop');
  assert.deepEqual(scale, [{ revision: 'new', replicas: 0 }]);
});

test('one that failed with nothing to fall back on is left to the autoscaler', () => {
  const { serving, scale, failure } = plan(someRevisions([latest(1)], [aCrashedPod('new')]), { servingBefore: 'new' });
  assert.equal(serving, 'new');
  assert.equal(failure?.reason, 'CrashLoop');
  assert.deepEqual(scale, []);
});

test('one that failed with nothing to fall back on is tried again from zero', () => {
  const input = { servingBefore: 'new', knownFailure: known('CrashLoop') };
  assert.equal(plan(someRevisions([latest(0)]), input).failure, undefined);
});

test('a crash is remembered while there is another revision, at zero too', () => {
  const active = plan(someRevisions([old(1), latest(0)], [readyPod('old')]), { knownFailure: known('CrashLoop') });
  assert.equal(active.failure?.reason, 'CrashLoop');
  assert.deepEqual(active.scale, []);
  const asleep = plan(someRevisions([old(0), latest(0)]), { knownFailure: known('CrashLoop'), nowMs: at(3600) });
  assert.equal(asleep.failure?.reason, 'CrashLoop');
});

test('a failed revision that was woken all the same goes back to zero', () => {
  const { scale } = plan(someRevisions([old(1), latest(1)]), { knownFailure: known('CrashLoop') });
  assert.deepEqual(scale, [{ revision: 'new', replicas: 0 }]);
});

test('what may mend itself is tried again after a while at zero, not before', () => {
  const input = { knownFailure: known('ImagePullFailed') };
  const asleep = someRevisions([old(0), latest(0)]);
  assert.equal(plan(asleep, { ...input, nowMs: at(9) }).failure?.reason, 'ImagePullFailed');
  assert.equal(plan(asleep, { ...input, nowMs: at(10) }).failure, undefined);
  assert.equal(
    plan(someRevisions([old(1), latest(0)]), { ...input, nowMs: at(3600) }).failure?.reason,
    'ImagePullFailed',
  );
});

test('another newest revision is not held for failed', () => {
  const input = { latest: 'newer', knownFailure: known('CrashLoop') };
  const newer = aDeployment({ revision: 'newer', replicas: 0 });
  const { failure, scale } = plan(someRevisions([old(1), latest(0), newer], [readyPod('old')]), input);
  assert.equal(failure, undefined);
  assert.deepEqual(scale, [{ revision: 'newer', replicas: 1 }]);
});

test('a revision that waits for a node is reported and keeps its replicas', () => {
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }];
  const pod = aPod({ revision: 'new', state: {}, conditions });
  const { failure, scale } = plan(someRevisions([old(1), latest(1)], [readyPod('old'), pod]));
  assert.equal(failure?.reason, 'Unschedulable');
  assert.deepEqual(scale, []);
});

test('going back to a revision that answered before waits for it to answer again', () => {
  const back = aDeployment({ revision: 'new', replicas: 0, answeredAt: '2025-01-01T00:00:00Z' });
  const { serving, scale } = plan(someRevisions([old(1), back], [readyPod('old')]));
  assert.equal(serving, 'old');
  assert.deepEqual(scale, [{ revision: 'new', replicas: 1 }]);
});

test('a revision that is just starting for the first time is not given up for a newer one', () => {
  const starting = aDeployment({ revision: 'old', replicas: 1 });
  const { serving, scale } = plan(someRevisions([starting, latest(0)], [aPod({ revision: 'old' })]));
  assert.equal(serving, 'old');
  assert.deepEqual(scale, [{ revision: 'new', replicas: 1 }]);
});

test('a revision that fails before it ever answered makes way for a newer one', () => {
  const failing = aDeployment({ revision: 'old', replicas: 1 });
  const { serving, scale } = plan(someRevisions([failing, latest(0)], [aCrashedPod('old')]));
  assert.equal(serving, 'new');
  assert.deepEqual(scale, [{ revision: 'old', replicas: 0 }]);
});

test('when the one that took traffic is gone, the last one that answered takes it', () => {
  const older = aDeployment({ revision: 'older', replicas: 0, answeredAt: '2025-01-01T00:00:00Z' });
  const { serving } = plan(someRevisions([older, old(0), latest(0)]), { servingBefore: 'gone' });
  assert.equal(serving, 'old');
});

test('a pod on its way out does not count as an answer', () => {
  const { serving } = plan(someRevisions([old(1), latest(1)], [aPod({ revision: 'new', ready: true, leaving: true })]));
  assert.equal(serving, 'old');
});

test('two old revisions are kept, those that answered before those that never did', () => {
  const past = (revision: string, answeredAt: string) => aDeployment({ revision, replicas: 0, answeredAt });
  const never = aDeployment({ revision: 'never', replicas: 0, createdAt: '2026-06-01T00:00:00Z' });
  const revisions = someRevisions([
    old(0),
    latest(0),
    never,
    past('a', '2025-01-01T00:00:00Z'),
    past('b', '2025-02-01T00:00:00Z'),
    past('c', '2025-03-01T00:00:00Z'),
  ]);
  assert.deepEqual(plan(revisions).obsolete, ['a', 'never']);
});

test('an obsolete revision that still has a pod is not deleted', () => {
  const past = ['a', 'b', 'c'].map((revision) => aDeployment({ revision, replicas: 0, answeredAt: ANSWERED }));
  const revisions = someRevisions([old(1), latest(0), ...past], [aPod({ revision: 'c', ready: true })]);
  assert.deepEqual(plan(revisions).obsolete, []);
});
