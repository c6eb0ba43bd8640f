import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment, ReplicaSet } from '#platform/kube/resources.ts';
import {
  DESIRED_ANNOTATION,
  isScaling,
  MAX_ANNOTATION,
  newSetReplicas,
  oldSetSteps,
  rolloutBounds,
  scalingSteps,
} from './replica-counts.ts';

type Rolling = { maxSurge?: number | string; maxUnavailable?: number | string };

function aDeployment(replicas: number, rollingUpdate: Rolling = {}, type = 'RollingUpdate'): Deployment {
  return { spec: { replicas, selector: {}, template: {}, strategy: { type, rollingUpdate } } };
}

function aSet(name: string, replicas: number, available = replicas, madeFor?: number): ReplicaSet {
  const annotations =
    madeFor === undefined ? {} : { [DESIRED_ANNOTATION]: String(madeFor), [MAX_ANNOTATION]: String(madeFor) };
  return {
    metadata: { name, creationTimestamp: `2026-01-01T00:00:0${name.length}Z`, annotations },
    spec: { replicas, selector: {} },
    status: { replicas, availableReplicas: available },
  };
}

test('surge is rounded up, unavailability down, and one of them moves', () => {
  assert.deepEqual(rolloutBounds(aDeployment(10)), { surge: 3, unavailable: 2 });
  assert.deepEqual(rolloutBounds(aDeployment(1)), { surge: 1, unavailable: 0 });
  assert.deepEqual(rolloutBounds(aDeployment(4, { maxSurge: 0, maxUnavailable: '10%' })), { surge: 0, unavailable: 1 });
  assert.deepEqual(rolloutBounds(aDeployment(2, { maxSurge: 1, maxUnavailable: 5 })), { surge: 1, unavailable: 2 });
});

test('the newest set grows as far as the surge lets it', () => {
  assert.equal(newSetReplicas(aDeployment(3), [], 0), 3);
  const rolling = aDeployment(10, { maxSurge: 3, maxUnavailable: 2 });
  assert.equal(newSetReplicas(rolling, [aSet('old', 10), aSet('newest', 0)], 0), 3);
  assert.equal(newSetReplicas(rolling, [aSet('old', 10), aSet('newest', 3)], 3), 3);
  assert.equal(newSetReplicas(rolling, [aSet('old', 2), aSet('newest', 3)], 3), 10);
  assert.equal(newSetReplicas(aDeployment(2), [aSet('newest', 5)], 5), 2);
});

test('with maxUnavailable 0 an old pod goes only when a new one is available', () => {
  const deployment = aDeployment(2, { maxSurge: 1, maxUnavailable: 0 });
  assert.deepEqual(oldSetSteps(deployment, aSet('newest', 1, 0), [aSet('old', 2)]), []);
  assert.deepEqual(oldSetSteps(deployment, aSet('newest', 1, 1), [aSet('old', 2)]), [{ name: 'old', replicas: 1 }]);
});

test('old pods that are not available go first, whatever set they are in', () => {
  const deployment = aDeployment(4, { maxSurge: 1, maxUnavailable: 1 });
  const steps = oldSetSteps(deployment, aSet('newest', 1, 0), [aSet('a', 2, 2), aSet('bb', 2, 1)]);
  assert.deepEqual(steps, [{ name: 'bb', replicas: 1 }]);
});

test('a resize is noticed by the size the active sets were made for', () => {
  assert.equal(isScaling(aDeployment(3), [aSet('a', 2, 2, 2)]), true);
  assert.equal(isScaling(aDeployment(2), [aSet('a', 2, 2, 2)]), false);
  assert.equal(isScaling(aDeployment(1), [aSet('a', 0, 0, 0)]), false);
});

test('a resize goes to the one active set', () => {
  assert.deepEqual(scalingSteps(aDeployment(0), aSet('newest', 2, 2, 2), [aSet('old', 0)]), [
    { name: 'newest', replicas: 0 },
  ]);
  assert.deepEqual(scalingSteps(aDeployment(5), undefined, [aSet('old', 2, 2, 2)]), [{ name: 'old', replicas: 5 }]);
});

test('in the middle of a rollout a resize is shared in proportion, and adds up', () => {
  const deployment = aDeployment(20, { maxSurge: 0, maxUnavailable: 1 });
  const steps = scalingSteps(deployment, aSet('newest', 4, 4, 10), [aSet('old', 6, 6, 10)]);
  assert.deepEqual(steps, [
    { name: 'old', replicas: 12 },
    { name: 'newest', replicas: 8 },
  ]);
});

test('once the newest set is complete, a resize empties the old ones', () => {
  assert.deepEqual(scalingSteps(aDeployment(2), aSet('newest', 2), [aSet('old', 1)]), [{ name: 'old', replicas: 0 }]);
});
