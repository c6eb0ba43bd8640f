import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueFailure, nameSilence, queueFull } from './queue-errors.ts';

test('a wait that ran out says so where the replica does not answer any more', () => {
  const due = dueFailure(30_000);
  assert.match(
    nameSilence(due, { pods: 1, silent: 1, answered: true }).message,
    /30 s .*; its replica answered before and does not now/,
  );
  assert.match(
    nameSilence(due, { pods: 3, silent: 2, answered: true }).message,
    /2 of its 3 replicas answered before and do not now/,
  );
});

test('a wait for a first answer that ran out says what it waited for', () => {
  const due = dueFailure(30_000);
  assert.match(
    nameSilence(due, { pods: 1, silent: 0, answered: false }).message,
    /; its replica has not answered yet: /,
  );
  assert.match(
    nameSilence(due, { pods: 2, silent: 0, answered: false }).message,
    /; none of its 2 replicas has answered yet: /,
  );
  assert.match(nameSilence(due, { pods: 0, silent: 0, answered: false }).message, /; it has no pod yet/);
});

test('nothing is said of replicas that are only full, nor where it is no reason', () => {
  const due = dueFailure(30_000);
  assert.equal(nameSilence(due, { pods: 3, silent: 0, answered: true }), due);
  const full = queueFull(1, 0, { queueSize: 1, queueMaxBytes: 0 });
  assert.ok(full);
  assert.equal(nameSilence(full, { pods: 1, silent: 1, answered: true }), full);
});

test('a wait for a pod that no node has room for says why', () => {
  const heldUpBy = { reason: 'Unschedulable', message: 'pod a-1 finds no node: Insufficient cpu' } as const;
  const found = { pods: 1, silent: 0, answered: false, heldUpBy: { ...heldUpBy, finalAfterMs: Infinity } };
  const { message, reason } = nameSilence(dueFailure(30_000), found);
  assert.equal(reason, 'Unschedulable');
  assert.match(message, /30 s .*; pod a-1 finds no node: Insufficient cpu$/);
});

test('a wait for the next try of a start that failed says how the last one failed', () => {
  const lastStart = { code: 'RevisionFailed', reason: 'SecretNotFound', message: 'secret "shop" not found' } as const;
  const { message, reason } = nameSilence(dueFailure(30_000), { pods: 1, silent: 0, answered: false }, lastStart);
  assert.equal(reason, 'SecretNotFound');
  assert.match(message, /30 s .*; secret "shop" not found$/);
});
