// Longer than 250 lines: one table of rollouts, step by step.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changesOf, planReplicas } from '../scaling/replica-plan.ts';
import { aCrashedPod, aDeployment, aPod, at, someRevisions } from '../testing/builders.ts';
import type { Failure } from './revision-failure.ts';
import { type KnownFailure, planRollout, type Rollout, type RolloutInput } from './rollout.ts';

const ANSWERED = '2026-01-01T00:00:00Z';
const old = (replicas: number) => aDeployment({ revision: 'old', replicas, answeredAt: ANSWERED });
const latest = (replicas: number) => aDeployment({ revision: 'new', replicas });
const readyPod = (revision: string) => aPod({ revision, ready: true });
const crashLoop = (revision: string) =>
  aPod({
    revision,
    restartCount: 2,
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated: { exitCode: 1 } },
  });
const known = (reason: Failure['reason'], more: Partial<KnownFailure> = {}): KnownFailure => ({
  revision: 'new',
  failure: { reason, message: '', terminal: true },
  count: 1,
  lastMs: at(0),
  retrying: false,
  ...more,
});

/** What comes of it for the numbers of replicas. */
function scaleOf({ revisions, latest, maxReplicas }: RolloutInput, { serving, latestStarts }: Rollout) {
  const replicas = new Map(revisions.map(({ name, wantedReplicas }) => [name, wantedReplicas]));
  const rollout = { serving, latest, latestFailed: false, latestStarts };
  const changes = changesOf(planReplicas({ replicas, rollout, maxReplicas }), replicas);
  return changes.map((change) => ({ revision: change.revision, replicas: change.replicas }));
}

function plan(revisions: RolloutInput['revisions'], more: Partial<RolloutInput> = {}) {
  const input = {
    revisions,
    latest: 'new',
    servingBefore: 'old',
    knownFailure: undefined,
    maxReplicas: 10,
    nowMs: at(1),
    ...more,
  };
  const rollout = planRollout(input);
  return { ...rollout, scale: scaleOf(input, rollout) };
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

const ready = (count: Record<string, number>) =>
  Object.entries(count).flatMap(([revision, pods]) => Array.from({ length: pods }, () => readyPod(revision)));

test('traffic moves once as many replicas of the new revision are ready, and the old one goes to zero', () => {
  const { serving, scale, firstAnswers } = plan(someRevisions([old(2), latest(2)], ready({ old: 2, new: 2 })));
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

test('asleep it stays failed, until a start succeeds', () => {
  const input = { servingBefore: 'new', knownFailure: known('CrashLoop'), nowMs: at(3600) };
  const failedStarts = { count: 1, lastTime: '2026-01-01T00:00:00.000Z' };
  const asleep = plan(someRevisions([latest(0)]), input);
  assert.deepEqual([asleep.failure?.reason, asleep.failedStarts], ['CrashLoop', failedStarts]);
  const starting = plan(someRevisions([latest(1)], [aPod({ revision: 'new' })]), input);
  assert.equal(starting.failure?.reason, 'CrashLoop');
  assert.deepEqual(starting.failedStarts, { ...failedStarts, retrying: true });
  const well = plan(someRevisions([latest(1)], [readyPod('new')]), input);
  assert.deepEqual([well.failure, well.failedStarts], [undefined, undefined]);
});

test('each start that fails counts once', () => {
  const crashed = someRevisions([latest(1)], [aCrashedPod('new')]);
  const countOf = (knownFailure: KnownFailure | undefined) =>
    plan(crashed, { servingBefore: 'new', knownFailure, nowMs: at(60) }).failedStarts;
  assert.deepEqual(countOf(undefined), { count: 1, lastTime: '2026-01-01T00:01:00.000Z' });
  assert.deepEqual(countOf(known('CrashLoop')), { count: 1, lastTime: '2026-01-01T00:00:00.000Z' });
  assert.deepEqual(countOf(known('CrashLoop', { count: 2, retrying: true })), {
    count: 3,
    lastTime: '2026-01-01T00:01:00.000Z',
  });
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

test('what may mend itself may be started again after a while at zero, not before nor beside the other', () => {
  const input = { knownFailure: known('ImagePullFailed') };
  const toZero = [{ revision: 'new', replicas: 0 }];
  const woken = someRevisions([old(0), latest(1)]);
  assert.deepEqual(plan(woken, { ...input, nowMs: at(9) }).scale, toZero);
  const again = plan(woken, { ...input, nowMs: at(10) });
  assert.deepEqual([again.scale, again.failure?.reason], [[], 'ImagePullFailed']);
  assert.deepEqual(plan(someRevisions([old(1), latest(1)]), { ...input, nowMs: at(3600) }).scale, toZero);
  const retrying = { knownFailure: known('ImagePullFailed', { retrying: true }) };
  assert.deepEqual(plan(someRevisions([old(1), latest(1)]), retrying).scale, []);
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

test('until as many of the new revision are ready as of the old one, that keeps its replicas and the traffic', () => {
  for (const answering of [1, 2, 3]) {
    const { serving, scale, atMost } = plan(someRevisions([old(4), latest(4)], ready({ old: 4, new: answering })));
    assert.equal(serving, 'old');
    assert.deepEqual(scale, []);
    assert.equal(atMost, undefined);
  }
});

test('a new revision that has the traffic keeps it with fewer replicas than the old one had', () => {
  const { serving } = plan(someRevisions([old(4), latest(4)], ready({ old: 4, new: 1 })), { servingBefore: 'new' });
  assert.equal(serving, 'new');
});

test('an old revision that needs fewer by now, or may have fewer, is not waited for', () => {
  assert.equal(plan(someRevisions([old(2), latest(4)], ready({ old: 4, new: 2 }))).serving, 'new');
  assert.equal(plan(someRevisions([old(4), latest(3)], ready({ old: 4, new: 3 })), { maxReplicas: 3 }).serving, 'new');
});

test('beside an old revision of which nothing answers, the first replica takes the traffic', () => {
  assert.equal(plan(someRevisions([old(4), latest(4)], ready({ new: 1 }))).serving, 'new');
});

const quota = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota: q' }];
const limited = aDeployment({ revision: 'new', replicas: 4, conditions: quota });

test('where a quota does not hold both, the old revision gives up replicas until the two meet', () => {
  const steps = [0, 1].map((answering) => {
    const { serving, atMost, failure, scale } = plan(
      someRevisions([old(4), limited], ready({ old: 4 - answering, new: answering })),
    );
    assert.deepEqual([serving, failure?.reason, failure?.terminal, scale], ['old', 'QuotaExceeded', false, []]);
    return atMost;
  });
  assert.deepEqual(steps, [3, 2]);
  const met = plan(someRevisions([old(2), limited], ready({ old: 2, new: 2 })));
  assert.equal(met.serving, 'new');
  assert.deepEqual(met.scale, [{ revision: 'old', replicas: 0 }]);
});

test('where the nodes do not hold both, neither', () => {
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }];
  const pending = aPod({ revision: 'new', state: {}, conditions });
  const { serving, atMost, failure } = plan(
    someRevisions([old(4), latest(4)], [...ready({ old: 4, new: 1 }), pending]),
  );
  assert.deepEqual([serving, atMost, failure?.reason, failure?.terminal], ['old', 2, 'Unschedulable', false]);
});

test('the only replica of the old revision is not given up for room: the new one fails, and says so', () => {
  const { serving, atMost, failure } = plan(someRevisions([old(1), limited], ready({ old: 1 })));
  assert.deepEqual([serving, atMost, failure?.reason, failure?.terminal], ['old', undefined, 'QuotaExceeded', true]);
});

test('a new revision of which some replicas crash does not get on, and says why', () => {
  const { serving, failure, scale } = plan(
    someRevisions([old(2), latest(2)], [...ready({ old: 2, new: 1 }), crashLoop('new')]),
    { nowMs: at(3600) },
  );
  assert.deepEqual([serving, failure?.reason, failure?.terminal, scale], ['old', 'CrashLoop', false, []]);
});

test('a replica that does not start without a word is waited for five minutes, then half of them will do', () => {
  const revisions = someRevisions([old(4), latest(4)], ready({ old: 4, new: 2 }));
  const waiting = plan(revisions, { nowMs: at(299) });
  assert.deepEqual([waiting.serving, waiting.againInMs], ['old', 1_000]);
  assert.equal(plan(revisions, { nowMs: at(300) }).serving, 'new');
  assert.equal(plan(someRevisions([old(4), latest(4)], ready({ old: 4, new: 1 })), { nowMs: at(300) }).serving, 'old');
});
