import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canTakeOver } from './takeover.ts';

const facts = (answering: number, servingAnswering: number, maxReplicas = 100) =>
  canTakeOver({ answering, servingAnswering, maxReplicas });

test('a new revision takes over with as many replicas as the old one has, not with fewer', () => {
  assert.equal(facts(3, 4), false);
  assert.equal(facts(4, 4), true);
});

test('beside one that sleeps or does not answer the first replica takes over, none never does', () => {
  assert.equal(facts(1, 0), true);
  assert.equal(facts(0, 0), false);
});

test('more than maxReplicas are not waited for', () => {
  assert.equal(facts(2, 4, 2), true);
});
