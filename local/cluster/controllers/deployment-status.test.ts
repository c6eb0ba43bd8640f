import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment, ReplicaSet } from '#platform/kube/resources.ts';
import { type DeploymentStatus, progressDeadlineMs, rolloutStatus } from './deployment-status.ts';

const THEN = '2026-05-01T10:00:00Z';
const NOW = '2026-05-01T10:05:00Z';

function aDeployment(replicas: number, status: DeploymentStatus = {}, progressDeadlineSeconds = 600): Deployment {
  const spec = { replicas, selector: {}, template: {}, progressDeadlineSeconds };
  return { metadata: { name: 'web', generation: 2 }, spec, status };
}

function aSet(
  name: string,
  replicas: number,
  available: number,
  conditions?: NonNullable<ReplicaSet['status']>['conditions'],
): ReplicaSet {
  const status = {
    replicas,
    readyReplicas: available,
    availableReplicas: available,
    terminatingReplicas: 1,
    ...(conditions && { conditions }),
  };
  return { metadata: { name }, spec: { replicas, selector: {} }, status };
}

const status = (deployment: Deployment, newest: ReplicaSet, old: ReplicaSet[] = []) =>
  rolloutStatus({ deployment, newest, old, now: NOW });
const find = ({ conditions = [] }: DeploymentStatus, type: string) => conditions.find((c) => c.type === type);
const progressing = (reason: string, lastUpdateTime = THEN): DeploymentStatus => ({
  conditions: [{ type: 'Progressing', status: 'True', reason, lastUpdateTime, lastTransitionTime: THEN }],
});

test('counts add up over new and old pods', () => {
  const next = status(aDeployment(3), aSet('new', 2, 1), [aSet('old', 2, 2)]);
  const { conditions: _, ...counts } = next;
  assert.deepEqual(counts, {
    observedGeneration: 2,
    replicas: 4,
    updatedReplicas: 2,
    readyReplicas: 3,
    availableReplicas: 3,
    terminatingReplicas: 2,
    unavailableReplicas: 1,
  });
});

test('available means: no more are missing than a rollout may take away', () => {
  assert.equal(find(status(aDeployment(4), aSet('new', 4, 3)), 'Available')?.reason, 'MinimumReplicasAvailable');
  assert.equal(find(status(aDeployment(4), aSet('new', 4, 2)), 'Available')?.status, 'False');
  assert.equal(find(status(aDeployment(0), aSet('new', 0, 0)), 'Available')?.status, 'True');
});

test('progress renews the time of the condition and keeps its transition', () => {
  const next = find(status(aDeployment(2, progressing('ReplicaSetUpdated')), aSet('new', 2, 1)), 'Progressing');
  assert.deepEqual([next?.reason, next?.lastUpdateTime, next?.lastTransitionTime], ['ReplicaSetUpdated', NOW, THEN]);
  assert.equal(next?.message, 'ReplicaSet "new" is progressing.');
});

test('a complete rollout says so', () => {
  const next = find(status(aDeployment(2, progressing('ReplicaSetUpdated')), aSet('new', 2, 2)), 'Progressing');
  assert.deepEqual(
    [next?.reason, next?.message],
    ['NewReplicaSetAvailable', 'ReplicaSet "new" has successfully progressed.'],
  );
});

test('a rollout that does not move is late after its deadline, not before', () => {
  const before = { ...progressing('ReplicaSetUpdated'), replicas: 1, updatedReplicas: 1 };
  assert.equal(progressDeadlineMs(aDeployment(1, before), before, Date.parse(NOW)), 300_000);
  assert.equal(find(status(aDeployment(1, before), aSet('new', 1, 0)), 'Progressing')?.reason, 'ReplicaSetUpdated');
  const late = find(status(aDeployment(1, before, 60), aSet('new', 1, 0)), 'Progressing');
  assert.deepEqual([late?.status, late?.reason], ['False', 'ProgressDeadlineExceeded']);
  assert.equal(late?.message, 'ReplicaSet "new" has timed out progressing.');
});

test("what keeps a ReplicaSet from its pods is the Deployment's failure too, as long as it lasts", () => {
  const failure = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota' }];
  const failed = status(aDeployment(1), aSet('new', 1, 0, failure));
  assert.equal(find(failed, 'ReplicaFailure')?.message, 'exceeded quota');
  assert.equal(find(status(aDeployment(1, failed), aSet('new', 1, 0)), 'ReplicaFailure'), undefined);
});
