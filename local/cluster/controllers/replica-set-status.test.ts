import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, ReplicaSet } from '#platform/kube/resources.ts';
import { nextAvailabilityMs, replicaSetStatus } from './replica-set-status.ts';

const NOW = Date.parse('2026-05-01T12:00:00Z');
const ready = (secondsAgo: number): Pod => ({
  metadata: { labels: { app: 'x' } },
  status: {
    conditions: [
      { type: 'Ready', status: 'True', lastTransitionTime: new Date(NOW - secondsAgo * 1_000).toISOString() },
    ],
  },
});
const aSet = (spec: object, status?: ReplicaSet['status']): ReplicaSet => ({
  metadata: { generation: 4 },
  spec: { replicas: 2, selector: {}, template: { metadata: { labels: { app: 'x' } } }, ...spec },
  ...(status && { status }),
});

test('counts ready pods, and available ones after minReadySeconds', () => {
  const set = aSet({ minReadySeconds: 10 });
  const pods = [ready(20), ready(3), {}];
  assert.deepEqual(replicaSetStatus({ set, pods, terminating: 2, failure: undefined, nowMs: NOW }), {
    replicas: 3,
    fullyLabeledReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 1,
    terminatingReplicas: 2,
    observedGeneration: 4,
  });
  assert.equal(nextAvailabilityMs({ set, pods, nowMs: NOW }), 7_000);
  assert.equal(nextAvailabilityMs({ set, pods: [ready(20)], nowMs: NOW }), undefined);
});

test('a failure to create is a condition as long as it lasts', () => {
  const failed = replicaSetStatus({ set: aSet({}), pods: [], terminating: 0, failure: 'exceeded quota', nowMs: NOW });
  assert.deepEqual(failed.conditions, [
    {
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
      message: 'exceeded quota',
      lastTransitionTime: '2026-05-01T12:00:00Z',
    },
  ]);
  const recovered = replicaSetStatus({
    set: aSet({}, failed),
    pods: [],
    terminating: 0,
    failure: undefined,
    nowMs: NOW,
  });
  assert.equal(recovered.conditions, undefined);
});
