import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDeployment, aPod, at, someRevisions } from '../testing/builders.ts';
import type { RevisionView } from './revision-view.ts';
import { isBeingTried, nextTrial, type TrialInput } from './trial.ts';

const view = (replicas: number, ready = false): RevisionView => {
  const pods = replicas > 0 ? [aPod({ revision: 'new', ready })] : [];
  return someRevisions([aDeployment({ revision: 'new', replicas })], pods)[0] as RevisionView;
};
const trialOf = (more: Partial<TrialInput> = {}) =>
  nextTrial({
    before: { latestRevision: 'old' },
    latest: view(0),
    startsAnyway: false,
    failed: false,
    wanted: true,
    takeSlot: () => true,
    routedEverywhere: () => false,
    nowMs: at(0),
    ...more,
  });
const T0 = '2026-01-01T00:00:00.000Z';
const started = { latestRevision: 'new', trial: { revision: 'new', startedAt: T0 } };

test('a first and a changed revision are started once', () => {
  const expected = { trial: { revision: 'new', startedAt: T0 }, start: true };
  assert.deepEqual(trialOf({ before: undefined }), expected);
  assert.deepEqual(trialOf(), expected);
  assert.deepEqual(trialOf({ before: started, latest: view(1), nowMs: at(5) }), { trial: started.trial, start: false });
});

test('a start that could not be written is written again, for ten minutes', () => {
  assert.equal(trialOf({ before: started, nowMs: at(599) }).start, true);
  assert.equal(trialOf({ before: started, nowMs: at(600) }).start, false);
});

test('without a slot it waits for one, also over a restart', () => {
  const waiting = { trial: { revision: 'new' }, start: false };
  assert.deepEqual(trialOf({ takeSlot: () => false }), waiting);
  const before = { latestRevision: 'new', trial: { revision: 'new' } };
  assert.deepEqual(trialOf({ before, takeSlot: () => false }), waiting);
  assert.equal(trialOf({ before }).start, true);
});

test('one that starts for another reason takes no slot', () => {
  const takeSlot = () => assert.fail('no slot is needed');
  assert.deepEqual(trialOf({ latest: view(1), takeSlot }), {
    trial: { revision: 'new', startedAt: T0 },
    start: false,
  });
  assert.equal(trialOf({ startsAnyway: true, takeSlot }).start, false);
});

test('what was the newest before is not tried: neither a restart nor an upgrade starts anything', () => {
  assert.deepEqual(trialOf({ before: { latestRevision: 'new' } }), { trial: undefined, start: false });
});

test('nothing is tried where that is not wanted, nor again once it has failed', () => {
  assert.deepEqual(trialOf({ wanted: false }), { trial: undefined, start: false });
  assert.deepEqual(trialOf({ before: started, failed: true }), { trial: undefined, start: false });
});

test('one that answered is waited for until all gateways send requests there, three seconds at most', () => {
  const latest = view(1, true);
  const answered = trialOf({ before: started, latest, nowMs: at(1) }).trial;
  assert.equal(answered?.answeredAt, '2026-01-01T00:00:01.000Z');
  const before = { ...started, trial: answered };
  assert.deepEqual(trialOf({ before, latest, nowMs: at(3.9) }).trial, answered);
  assert.equal(trialOf({ before, latest, nowMs: at(4) }).trial, undefined);
  assert.equal(trialOf({ before, latest, routedEverywhere: () => true, nowMs: at(1) }).trial, undefined);
});

test('the replica that is tried is kept for ten minutes, or until it has answered', () => {
  assert.equal(isBeingTried(started, at(599)), true);
  assert.equal(isBeingTried(started, at(600)), false);
  assert.equal(isBeingTried({ trial: { revision: 'new', startedAt: T0, answeredAt: T0 } }, at(1)), false);
  assert.equal(isBeingTried({ trial: { revision: 'new' } }, at(1)), false);
  assert.equal(isBeingTried(undefined, at(1)), false);
});
