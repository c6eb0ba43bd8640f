import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#platform/kube/resources.ts';
import { disruptionStatus } from './disruption-status.ts';

function aPod(ready: boolean, metadata: object = {}): Pod {
  return { metadata, status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] } };
}

function counts(spec: object, pods: Pod[], scale: number): (number | undefined)[] {
  const status = disruptionStatus({ metadata: { generation: 2 }, spec }, pods, scale, 0);
  return [status.currentHealthy, status.desiredHealthy, status.disruptionsAllowed, status.expectedPods];
}

const three = [aPod(true), aPod(true), aPod(false)];

test('so many may go as are ready beyond those that have to stay', () => {
  assert.deepEqual(counts({ minAvailable: 1 }, three, 3), [2, 1, 1, 3]);
  assert.deepEqual(counts({ minAvailable: '50%' }, three, 3), [2, 2, 0, 3]);
  assert.deepEqual(counts({ maxUnavailable: 1 }, three, 3), [2, 2, 0, 3]);
  assert.deepEqual(counts({ maxUnavailable: '50%' }, three, 3), [2, 1, 1, 3]);
});

test('a pod that is on its way out is not there any more, and of none nobody may go', () => {
  assert.deepEqual(
    counts({ minAvailable: 1 }, [aPod(true), aPod(true, { deletionTimestamp: 'now' })], 2),
    [1, 1, 0, 2],
  );
  assert.deepEqual(counts({ minAvailable: 0 }, [], 0), [0, 0, 0, 0]);
});

test('the condition says which', () => {
  const { conditions } = disruptionStatus({ spec: { minAvailable: 1 } }, three, 3, 0);
  assert.deepEqual(
    conditions?.map(({ type, status, reason }) => [type, status, reason]),
    [['DisruptionAllowed', 'True', 'SufficientPods']],
  );
});
