import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment, Pod } from '#platform/kube/resources.ts';
import { aCrashedPod, aDeployment, aPod, at, someRevisions } from '../testing/builders.ts';
import { keptOvertaken, type Overtaken } from './overtaken.ts';
import { planRollout } from './rollout.ts';

const ANSWERED = '2026-01-01T00:00:00Z';
const noted = (...revisions: string[]): Overtaken[] =>
  revisions.map((revision) => ({ revision, since: new Date(at(0)).toISOString() }));
const starting = (...revisions: string[]) => revisions.map((revision) => aDeployment({ revision, replicas: 1 }));
const serving = (revision: string, replicas = 1) => aDeployment({ revision, replicas, answeredAt: ANSWERED });
const ready = (...revisions: string[]) => revisions.map((revision) => aPod({ revision, ready: true }));
const unready = (...revisions: string[]) => revisions.map((revision) => aPod({ revision }));

interface Story {
  deployments: Deployment[];
  pods: Pod[];
  /** As status has them. */
  before: { serving: string; latest: string; overtaken?: Overtaken[] };
  latest: string;
  nowMs?: number;
}

function plan({ deployments, pods, before, latest, nowMs = at(1) }: Story) {
  const rollout = planRollout({
    revisions: someRevisions(deployments, pods),
    latest,
    servingBefore: before.serving,
    before: { latest: before.latest, overtaken: before.overtaken },
    knownFailure: undefined,
    maxReplicas: 10,
    nowMs,
  });
  return { ...rollout, overtaken: rollout.overtaken.map(({ revision }) => revision) };
}

test('a revision that is starting when a newer one is made goes on, and is noted with the time', () => {
  const revisions = someRevisions([serving('a'), ...starting('b', 'c')], [...ready('a'), ...unready('b')]);
  const before = { latest: 'b', overtaken: undefined };
  const input = { revisions, latest: 'c', servingBefore: 'a', knownFailure: undefined, maxReplicas: 10 };
  const rollout = planRollout({ ...input, before, nowMs: at(1) });
  assert.equal(rollout.serving, 'a');
  assert.deepEqual(rollout.overtaken, [{ revision: 'b', since: '2026-01-01T00:00:01.000Z' }]);
});

test('however long changes keep coming, the first that was overtaken goes on, and the last', () => {
  const { overtaken } = plan({
    deployments: [serving('a'), ...starting('b', 'c', 'd', 'e')],
    pods: [...ready('a'), ...unready('b', 'c', 'd', 'e')],
    before: { serving: 'a', latest: 'd', overtaken: noted('b', 'c') },
    latest: 'e',
  });
  assert.deepEqual(overtaken, ['b', 'd']);
});

test('the newest that answers takes the traffic; older ones are waited for no more, newer ones still are', () => {
  const story = {
    deployments: [serving('a'), ...starting('b', 'c', 'd')],
    before: { serving: 'a', latest: 'd', overtaken: noted('b', 'c') },
    latest: 'd',
  };
  const first = plan({ ...story, pods: [...ready('a', 'b'), ...unready('c', 'd')] });
  assert.deepEqual([first.serving, first.overtaken], ['b', ['c']]);
  const second = plan({ ...story, pods: [...ready('a', 'b', 'c'), ...unready('d')] });
  assert.deepEqual([second.serving, second.overtaken], ['c', []]);
  const last = plan({ ...story, pods: ready('a', 'b', 'c', 'd') });
  assert.deepEqual([last.serving, last.overtaken], ['d', []]);
});

test('when the newest fails, the one before it that is starting takes the traffic with its answer', () => {
  const story = {
    deployments: [serving('a'), ...starting('b', 'c')],
    before: { serving: 'a', latest: 'c', overtaken: noted('b') },
    latest: 'c',
  };
  const failed = plan({ ...story, pods: [...ready('a'), ...unready('b'), aCrashedPod('c')] });
  assert.deepEqual([failed.serving, failed.overtaken, failed.failure?.reason], ['a', ['b'], 'CrashLoop']);
  const answers = plan({ ...story, pods: [...ready('a', 'b'), aCrashedPod('c')] });
  assert.deepEqual([answers.serving, answers.overtaken, answers.failure?.reason], ['b', [], 'CrashLoop']);
});

test('a broken one between two good ones is given up, and keeps none of them from the traffic', () => {
  const { serving: now, overtaken } = plan({
    deployments: [serving('a'), ...starting('good', 'broken', 'new')],
    pods: [...ready('a'), ...unready('good', 'new'), aCrashedPod('broken')],
    before: { serving: 'a', latest: 'new', overtaken: noted('good', 'broken') },
    latest: 'new',
  });
  assert.deepEqual([now, overtaken], ['a', ['good']]);
});

test('going back in the midst to what has the traffic ends what was on its way', () => {
  const { serving: now, overtaken } = plan({
    deployments: [serving('a'), ...starting('b', 'c')],
    pods: [...ready('a', 'b'), ...unready('c')],
    before: { serving: 'a', latest: 'c', overtaken: noted('b') },
    latest: 'a',
  });
  assert.deepEqual([now, overtaken], ['a', []]);
});

test('going back in the midst to what was overtaken makes it the newest, and what was the newest the one before', () => {
  const { serving: now, overtaken } = plan({
    deployments: [serving('a'), ...starting('b', 'c')],
    pods: [...ready('a'), ...unready('b', 'c')],
    before: { serving: 'a', latest: 'c', overtaken: noted('b') },
    latest: 'b',
  });
  assert.deepEqual([now, overtaken], ['a', ['c']]);
});

test('an old revision that is still leaving when the newest is replaced is not taken for one on its way', () => {
  const { serving: now, overtaken } = plan({
    deployments: [serving('a'), serving('b'), ...starting('c')],
    pods: [...ready('a', 'b'), ...unready('c')],
    before: { serving: 'b', latest: 'b' },
    latest: 'c',
  });
  assert.deepEqual([now, overtaken], ['b', []]);
});

test('what answers takes over from a function that sleeps, and from a first revision that never answered', () => {
  const asleep = plan({
    deployments: [serving('a', 0), ...starting('b', 'c')],
    pods: [...ready('b'), aCrashedPod('c')],
    before: { serving: 'a', latest: 'c', overtaken: noted('b') },
    latest: 'c',
  });
  assert.deepEqual([asleep.serving, asleep.failure?.reason], ['b', 'CrashLoop']);
  const first = plan({
    deployments: starting('a', 'b'),
    pods: [...ready('a'), aCrashedPod('b')],
    before: { serving: 'b', latest: 'b', overtaken: noted('a') },
    latest: 'b',
  });
  assert.deepEqual([first.serving, first.failure?.reason], ['a', 'CrashLoop']);
});

test('one beside more replicas than it has waits until as many of it answer', () => {
  const story = {
    deployments: [serving('a', 2), aDeployment({ revision: 'b', replicas: 2 }), ...starting('c')],
    before: { serving: 'a', latest: 'c', overtaken: noted('b') },
    latest: 'c',
  };
  const one = plan({ ...story, pods: [...ready('a', 'a', 'b'), ...unready('c')] });
  assert.deepEqual([one.serving, one.overtaken], ['a', ['b']]);
  assert.equal(plan({ ...story, pods: [...ready('a', 'a', 'b', 'b'), ...unready('c')] }).serving, 'b');
});

test('those that are on their way make room for the newest, which does not fail for want of it meanwhile', () => {
  const conditions = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota: q' }];
  const newest = aDeployment({ revision: 'c', replicas: 1, conditions });
  const story = { before: { serving: 'a', latest: 'c', overtaken: noted('b') }, latest: 'c' };
  const pods = [...ready('a'), ...unready('b')];
  const both = plan({ ...story, deployments: [serving('a'), ...starting('b'), newest], pods });
  assert.deepEqual([both.overtaken, both.failure?.reason, both.failure?.terminal], [[], 'QuotaExceeded', false]);
  const alone = plan({ ...story, deployments: [serving('a'), newest], pods: ready('a') });
  assert.deepEqual([alone.failure?.reason, alone.failure?.terminal], ['QuotaExceeded', true]);
});

test('what hangs is given up after five minutes, as is what sleeps', () => {
  const story = {
    deployments: [serving('a'), ...starting('b', 'c')],
    pods: [...ready('a'), ...unready('b', 'c')],
    before: { serving: 'a', latest: 'c', overtaken: noted('b') },
    latest: 'c',
  };
  assert.deepEqual(plan({ ...story, nowMs: at(299) }).overtaken, ['b']);
  assert.deepEqual(plan({ ...story, nowMs: at(300) }).overtaken, []);
  const asleep = [serving('a', 0), aDeployment({ revision: 'b', replicas: 0 }), ...starting('c')];
  assert.deepEqual(plan({ ...story, deployments: asleep }).overtaken, []);
  assert.deepEqual(keptOvertaken({ overtaken: noted('b') }, at(299)), ['b']);
  assert.deepEqual(keptOvertaken({ overtaken: noted('b') }, at(300)), []);
});
