import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadBudget } from './read-budget.ts';

const MIB = 1_048_576;

test('what one namespace reads keeps none of another from being read', () => {
  const budget = new ReadBudget();
  const first = budget.take('shop', 9 * MIB);
  assert.ok(first !== undefined);
  assert.equal(budget.take('shop', 9 * MIB), undefined);
  assert.ok(budget.take('blog', 9 * MIB) !== undefined);
  assert.equal(budget.take('news', 9 * MIB), undefined, 'in all it is bounded too');
  first[Symbol.dispose]();
  assert.ok(budget.take('shop', 9 * MIB) !== undefined);
});

test('one that is larger than the budget is read alone', () => {
  const budget = new ReadBudget();
  assert.ok(budget.take('shop', 100 * MIB) !== undefined);
  assert.equal(budget.take('shop', 1), undefined);
});
