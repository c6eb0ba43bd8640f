import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueFailure, nameSilence, queueFull } from './turned-away.ts';

test('who waited in vain for a replica that does not answer any more is told so', () => {
  const due = dueFailure(30_000);
  assert.match(
    nameSilence(due, { pods: 1, silent: 1 }).message,
    /30 s .*; its replica answered before and does not now/,
  );
  assert.match(nameSilence(due, { pods: 3, silent: 2 }).message, /2 of its 3 replicas answered before and do not now/);
});

test('nothing is said of replicas that are only full, nor where it is no reason', () => {
  const due = dueFailure(30_000);
  assert.equal(nameSilence(due, { pods: 3, silent: 0 }), due);
  const full = queueFull(1, 0, { queueSize: 1, queueMaxBytes: 0 });
  assert.ok(full);
  assert.equal(nameSilence(full, { pods: 1, silent: 1 }), full);
});
