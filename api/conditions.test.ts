import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Condition, withCondition } from './conditions.ts';

const ready = (over: Partial<Condition>): Condition =>
  ({
    type: 'Ready',
    status: 'True',
    reason: 'Ready',
    message: '',
    observedGeneration: 1,
    lastTransitionTime: '2026-01-01T00:00:00Z',
    ...over,
  }) as Condition;

test('keeps the transition time while the status stays', () => {
  const next = ready({ reason: 'ScaledToZero', lastTransitionTime: '2026-01-02T00:00:00Z' });
  assert.equal(withCondition([ready({})], next)[0]?.lastTransitionTime, '2026-01-01T00:00:00Z');
});

test('moves the transition time when the status changes', () => {
  const next = ready({ status: 'False', reason: 'CrashLoop', lastTransitionTime: '2026-01-02T00:00:00Z' });
  assert.equal(withCondition([ready({})], next)[0]?.lastTransitionTime, '2026-01-02T00:00:00Z');
});

test('leaves the other conditions alone', () => {
  const active = ready({ type: 'Active' } as Partial<Condition>);
  assert.deepEqual(withCondition([active], ready({})), [active, ready({})]);
});
