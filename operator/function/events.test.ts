import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition } from '#api/conditions.ts';
import type { FunctionStatus } from '#api/function-status.ts';
import { statusEvents } from './events.ts';

const revisionReady = (status: 'True' | 'False', reason: 'Ready' | 'CrashLoop'): Condition => ({
  type: 'RevisionReady',
  status,
  reason,
  message: `it is ${reason}`,
  observedGeneration: 1,
  lastTransitionTime: '2026-01-01T00:00:00Z',
});
const reasons = (before: FunctionStatus | undefined, after: FunctionStatus) =>
  statusEvents(before, after).map(({ reason }) => reason);

test('nothing new is nothing to say', () => {
  const status = { revision: 'a', latestRevision: 'a', conditions: [revisionReady('False', 'CrashLoop')] };
  assert.deepEqual(reasons(status, structuredClone(status)), []);
});

test('a new revision, its failure and the fallback are told in order', () => {
  const before = { revision: 'a', latestRevision: 'a', conditions: [revisionReady('True', 'Ready')] };
  const started = { ...before, latestRevision: 'b' };
  assert.deepEqual(reasons(before, started), ['RevisionCreated']);
  const failed = { ...started, conditions: [revisionReady('False', 'CrashLoop')] };
  assert.deepEqual(reasons(started, failed), ['CrashLoop', 'RolledBack']);
});

test('a replica that was killed for want of memory is told once, with the limit', () => {
  const active = (message: string): FunctionStatus => ({
    conditions: [{ ...revisionReady('True', 'Ready'), type: 'Active', reason: 'Ready', message }],
  });
  const killed = active(
    '1 of 1 replicas is ready\npod a was killed for using more memory than its limit of 32Mi; raise',
  );
  assert.deepEqual(statusEvents(active('1 of 1 replicas is ready'), killed), [
    {
      type: 'Warning',
      reason: 'OutOfMemory',
      message: 'pod a was killed for using more memory than its limit of 32Mi; raise',
    },
  ]);
  assert.deepEqual(statusEvents(killed, killed), []);
});

test('traffic that moves is told, the first revision is not a move', () => {
  assert.deepEqual(reasons({ revision: 'a', latestRevision: 'b' }, { revision: 'b', latestRevision: 'b' }), [
    'TrafficMoved',
  ]);
  assert.deepEqual(reasons(undefined, { revision: 'a', latestRevision: 'a' }), ['RevisionCreated']);
});

test('each change of the number of replicas is told with its reason', () => {
  const up = statusEvents({}, { scaling: { desired: 2, reason: 'because' } });
  assert.deepEqual(up, [{ type: 'Normal', reason: 'ScaledUp', message: 'from 0 to 2 replicas: because' }]);
  assert.deepEqual(reasons({ scaling: { desired: 2 } }, { scaling: { desired: 0 } }), ['ScaledDown']);
});
