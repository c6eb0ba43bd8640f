import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineBudget } from './line-budget.ts';

const KIB = 1_024;
const orders = { namespace: 'shop', name: 'orders' };

test('a function that floods its log loses lines, is told how many, and harms no other', () => {
  const budget = new LineBudget();
  const kept = Array.from({ length: 2_000 }, () => budget.take(orders, KIB, 0)).filter(({ keep }) => keep).length;
  assert.equal(kept, 1_024);
  assert.deepEqual(budget.take({ ...orders, name: 'quiet' }, KIB, 0), { keep: true, dropped: 0 });
  assert.deepEqual(budget.take(orders, KIB, 1_000), { keep: true, dropped: 976 });
  assert.deepEqual(budget.take(orders, KIB, 1_000), { keep: true, dropped: 0 });
});

test('a namespace with many floods leaves other namespaces theirs', () => {
  const budget = new LineBudget();
  for (let n = 0; n < 40; n += 1)
    for (let m = 0; m < 1_024; m += 1) budget.take({ namespace: 'loud', name: `f${n}` }, KIB, 0);
  assert.equal(budget.take({ namespace: 'loud', name: 'f99' }, KIB, 0).keep, false);
  assert.equal(budget.take(orders, KIB, 0).keep, true);
});

test('reading waits for a namespace that is over its rate, and for no other', () => {
  const budget = new LineBudget();
  assert.equal(budget.paceMs('loud', 8 * KIB * KIB, 0), 0);
  assert.equal(budget.paceMs('loud', 8 * KIB * KIB, 0), 1_000);
  assert.equal(budget.paceMs('shop', KIB, 0), 0);
});

test('many short lines count as the work that they are', () => {
  const budget = new LineBudget();
  for (let n = 0; n < 100_000; n += 1) budget.take({ namespace: 'loud', name: 'f' }, 30, 0);
  assert.ok(budget.paceMs('loud', 30 * 100_000, 0) > 500);
});

test('functions that are gone are forgotten, one by one: names that are used once do not add up', () => {
  const budget = new LineBudget();
  for (const name of ['a', 'b']) for (let n = 0; n < 2; n += 1) budget.take({ namespace: 'shop', name }, KIB * KIB, 0);
  budget.keepOnly(({ name }) => name === 'a');
  assert.deepEqual(budget.take({ namespace: 'shop', name: 'a' }, 1, 0), { keep: false, dropped: 0 });
  assert.deepEqual(budget.take({ namespace: 'shop', name: 'b' }, 1, 0), { keep: true, dropped: 0 });
});
