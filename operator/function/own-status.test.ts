import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AsyncCondition, Condition } from '#api/conditions.ts';
import { isSameOwn, ownConditions } from './own-status.ts';

const since = { lastTransitionTime: '2026-01-01T00:00:00Z' };
const ready: Condition = {
  type: 'Ready',
  status: 'True',
  reason: 'Ready',
  message: '',
  observedGeneration: 1,
  ...since,
};
const active: Condition = { ...ready, type: 'Active' } as Condition;
const buried: AsyncCondition = { type: 'Async', status: 'False', reason: 'Buried', message: '1 is buried', ...since };
const stranger = { ...ready, type: 'example.org/Checked' } as unknown as Condition;

test('conditions of other writers are none of the operator’s', () => {
  assert.deepEqual(ownConditions({ conditions: [buried, ready, stranger] }), [ready]);
  assert.deepEqual(ownConditions(undefined), []);
});

test('what others write changes nothing, nor does the order of conditions', () => {
  const own = { replicas: 1, conditions: [ready, active] };
  assert.equal(isSameOwn({ replicas: 1, conditions: [buried, active, ready, stranger] }, own), true);
  assert.equal(isSameOwn({ replicas: 2, conditions: [ready, active] }, own), false);
  assert.equal(isSameOwn({ replicas: 1, conditions: [ready] }, own), false);
  assert.equal(isSameOwn({ replicas: 1, conditions: [ready, { ...active, message: 'x' } as Condition] }, own), false);
});

test('a Function without a status has none that is equal', () => {
  assert.equal(isSameOwn(undefined, {}), false);
});
