import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPod } from '../testing/builders.ts';
import { FailingPods } from './failing-pods.ts';

const UID = 'uid-of-hello-1-abcde';
const saying = (message: string, reason = 'CreateContainerConfigError') =>
  aPod({ state: { waiting: { reason, message } } });
const BUSY = saying('failed to sync configmap cache: timed out waiting for the condition');

test('tells for how long a pod has been failing for one reason, and begins anew with another or after a while without', () => {
  const failing = new FailingPods();
  const at = (nowMs: number, ...pods: (typeof BUSY)[]) => failing.observe('a/b', pods, { mountEvents: [], nowMs });
  assert.equal(at(1_000, BUSY).get(UID), 0);
  assert.equal(at(4_000, BUSY).get(UID), 3_000);
  assert.equal(at(5_000, saying('', 'ErrImagePull')).get(UID), 0);
  assert.equal(at(6_000, aPod()).get(UID), undefined);
  assert.equal(at(7_000, BUSY).get(UID), 0);
  assert.equal(at(8_000).size, 0);
  assert.equal(at(9_000, BUSY).get(UID), 0);
});
