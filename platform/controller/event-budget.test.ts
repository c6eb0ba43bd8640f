import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventBudget } from './event-budget.ts';

test('grants a burst, then one each refill, per key', () => {
  const budget = new EventBudget({ burst: 2, refillMs: 100 });
  assert.deepEqual(
    [0, 0, 0, 99, 100, 150].map((nowMs) => budget.take('a', nowMs)),
    [true, true, false, false, true, false],
  );
  assert.equal(budget.take('b', 150), true);
});

test('never saves up more than a burst', () => {
  const budget = new EventBudget({ burst: 2, refillMs: 100 });
  budget.take('a', 0);
  assert.deepEqual(
    [9_000, 9_000, 9_000].map((nowMs) => budget.take('a', nowMs)),
    [true, true, false],
  );
});
