import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '../testing/builders.ts';
import { afterApply, type DriftState, driftDecision } from './drift.ts';

const seen = (live: string, second = 0, asked = 'asked') => ({ asked, live, nowMs: at(second) });

test('what is as asked for is left alone, what is not is put back at once', () => {
  assert.deepEqual(driftDecision(undefined, seen('asked')), { repair: false });
  assert.deepEqual(driftDecision(undefined, seen('edited')), { repair: true });
});

test('what comes out of an apply is as good as it gets, until something else is asked for', () => {
  const state = afterApply(undefined, seen('by a webhook'), true);
  assert.deepEqual(driftDecision(state, seen('by a webhook', 3600)), { repair: false });
  assert.equal(driftDecision(state, seen('by a webhook', 3600, 'more')).repair, true);
});

test('what changes again and again is put back at growing intervals, of ten minutes at most', () => {
  let state: DriftState | undefined;
  const repairs: number[] = [];
  for (let second = 0; second < 3600; second += 1) {
    if (!driftDecision(state, seen('edited', second)).repair) continue;
    repairs.push(second);
    state = afterApply(state, seen('asked', second), true);
  }
  assert.deepEqual(repairs, [0, 10, 30, 70, 150, 310, 630, 1230, 1830, 2430, 3030]);
  assert.deepEqual(driftDecision(state, seen('edited', 3031)), { repair: false, againInMs: 599_000 });
});

test('after a quiet time the next change is put back at once again', () => {
  const often = { asked: 'asked', settled: 'asked', repairs: 9, repairedMs: at(0) };
  const next = afterApply(often, seen('asked', 1201), true);
  assert.equal(next.repairs, 1);
});

test('an apply that changed nothing is no repair', () => {
  const state = afterApply(undefined, seen('in other words'), false);
  assert.equal(state.repairs, 0);
  assert.equal(driftDecision(state, seen('edited')).repair, true);
});
