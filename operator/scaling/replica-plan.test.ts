import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  changesOf,
  type PlanInput,
  planDeletion,
  planReplicas,
  type RolloutState,
  scaledRevision,
} from './replica-plan.ts';

const rollout = (more: Partial<RolloutState> = {}): RolloutState => ({
  serving: 'old',
  latest: 'new',
  latestFailed: false,
  ...more,
});
const need = (replicas: number) => ({ replicas, reason: 'demand' });

/** What is to be written, by revision; the demand is that on the scaled revision. */
function changes(
  now: Record<string, number>,
  needed: number | undefined,
  state: Partial<RolloutState> & Pick<PlanInput, 'isTried' | 'trialStarts'> = {},
): Record<string, number> {
  const { isTried = false, trialStarts = false, ...more } = state;
  const replicas = new Map(Object.entries(now));
  const scaled = scaledRevision(rollout(more), replicas);
  const needs = new Map(needed === undefined ? [] : [[scaled, need(needed)]]);
  const plan = planReplicas({ replicas, rollout: rollout(more), needs, isTried, trialStarts, maxReplicas: 10 });
  return Object.fromEntries(changesOf(plan, replicas).map((change) => [change.revision, change.replicas]));
}

test('demand sets the replicas of the revision that takes traffic, one that starts beside it keeps its own', () => {
  assert.deepEqual(changes({ old: 1, new: 1 }, 3), { old: 3 });
});

test('at zero the newest revision is woken, or the one before when that failed', () => {
  const asleep = new Map([
    ['old', 0],
    ['new', 0],
  ]);
  assert.equal(scaledRevision(rollout(), asleep), 'new');
  assert.equal(scaledRevision(rollout({ latestFailed: true }), asleep), 'old');
});

test('a newest revision that was woken alone follows the demand', () => {
  assert.deepEqual(changes({ old: 0, new: 1 }, 2), { new: 2 });
});

test('zero is for all revisions, also one that just starts', () => {
  assert.deepEqual(changes({ old: 2, new: 1 }, 0), { old: 0, new: 0 });
  assert.deepEqual(changes({ old: 2, new: 1 }, 0, { latestStarts: true }), { old: 0, new: 0 });
});

test('nothing is written when nothing changes', () => {
  assert.deepEqual(changes({ old: 2, new: 0 }, 2), {});
  assert.deepEqual(changes({ old: 0, new: 0 }, 0), {});
  assert.deepEqual(changes({ old: 2, new: 1, older: 1 }, undefined), {});
});

test('beside one that serves the newest gets as many replicas as that is to have, and loses none', () => {
  assert.deepEqual(changes({ old: 1, new: 0 }, 3, { latestStarts: true }), { old: 3, new: 3 });
  assert.deepEqual(changes({ old: 3, new: 0 }, undefined, { latestStarts: true }), { new: 3 });
  assert.deepEqual(changes({ old: 3, new: 4 }, 1, { latestStarts: true }), { old: 1 });
  assert.deepEqual(changes({ old: 12, new: 0 }, undefined, { latestStarts: true }), { new: 10 });
});

test('a newest revision that failed goes to zero, and so does every other that does not serve', () => {
  assert.deepEqual(changes({ old: 2, new: 1, older: 1 }, undefined, { latestStarts: false }), { new: 0, older: 0 });
  assert.deepEqual(changes({ old: 2, new: 1, older: 1 }, undefined, { latestStarts: true }), { new: 2, older: 0 });
});

test('while it makes room for the newest, demand gives the one that serves no more than it may have', () => {
  assert.deepEqual(changes({ old: 4, new: 1 }, 6, { atMost: 3 }), { old: 3 });
  assert.deepEqual(changes({ old: 4, new: 1 }, 2, { atMost: 3 }), { old: 2 });
  const replicas = new Map([['old', 4]]);
  const plan = planReplicas({
    replicas,
    rollout: rollout({ atMost: 3 }),
    needs: new Map([['old', need(6)]]),
    maxReplicas: 10,
  });
  assert.match(plan.get('old')?.reason ?? '', /^at most 3 while they make room.*; demand$/);
});

test('a new revision that is to be tried gets one replica, which stays until a request or its end', () => {
  assert.deepEqual(changes({ old: 0, new: 0 }, undefined, { trialStarts: true }), { new: 1 });
  assert.deepEqual(changes({ old: 0, new: 1 }, undefined, { trialStarts: true }), {});
  assert.deepEqual(changes({ old: 0, new: 1 }, 0, { isTried: true }), {});
  assert.deepEqual(changes({ old: 0, new: 1 }, 3, { isTried: true }), { new: 3 });
  assert.deepEqual(changes({ old: 0, new: 2 }, 0, { isTried: true }), { new: 0 });
});

test('all revisions of a Function that is going go to zero', () => {
  const replicas = new Map([
    ['old', 2],
    ['new', 0],
  ]);
  const plan = planDeletion(replicas);
  assert.deepEqual(changesOf(plan, replicas), [
    { revision: 'old', replicas: 0, reason: 'the Function is being deleted' },
  ]);
});

test('a revision that a newer one overtook keeps what it has; once the newest failed it has as many as the one that serves', () => {
  const overtaken = ['first', 'last'];
  const now = { old: 3, first: 2, last: 1, new: 3 };
  assert.deepEqual(changes(now, undefined, { overtaken, latestStarts: true }), {});
  assert.deepEqual(changes(now, undefined, { overtaken, latestStarts: false }), { last: 3, new: 0 });
  assert.deepEqual(changes(now, undefined, { latestStarts: true }), { first: 0, last: 0 });
});

test('while no request needs any, one replica of a revision that a newer one overtook is kept, and none is started', () => {
  const overtaken = ['first', 'last', 'gone'];
  assert.deepEqual(changes({ old: 1, first: 2, last: 1, new: 1, other: 0 }, 0, { overtaken }), {
    old: 0,
    first: 1,
    new: 0,
  });
  assert.deepEqual(changes({ old: 1, first: 0, last: 0, new: 0 }, 0, { overtaken }), { old: 0 });
});
