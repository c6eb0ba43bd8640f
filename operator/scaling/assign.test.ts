import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assign, type Revisions, scaledRevision } from './assign.ts';

const revisions = (replicas: Record<string, number>, more: Partial<Revisions> = {}): Revisions => ({
  replicas: new Map(Object.entries(replicas)),
  serving: 'old',
  latest: 'new',
  latestFailed: false,
  ...more,
});

test('demand sets the replicas of the revision that takes traffic, one that starts beside it keeps its own', () => {
  assert.deepEqual(assign(revisions({ old: 1, new: 1 }), 3), [{ revision: 'old', replicas: 3 }]);
});

test('at zero the newest revision is woken, or the one before when that failed', () => {
  assert.equal(scaledRevision(revisions({ old: 0, new: 0 })), 'new');
  assert.equal(scaledRevision(revisions({ old: 0, new: 0 }, { latestFailed: true })), 'old');
});

test('a newest revision that was woken alone follows the demand', () => {
  assert.deepEqual(assign(revisions({ old: 0, new: 1 }), 2), [{ revision: 'new', replicas: 2 }]);
});

test('zero is for all revisions', () => {
  assert.deepEqual(assign(revisions({ old: 2, new: 1 }), 0), [
    { revision: 'old', replicas: 0 },
    { revision: 'new', replicas: 0 },
  ]);
});

test('nothing is written when nothing changes', () => {
  assert.deepEqual(assign(revisions({ old: 2, new: 0 }), 2), []);
  assert.deepEqual(assign(revisions({ old: 0, new: 0 }), 0), []);
});
