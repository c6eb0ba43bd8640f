import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPod } from '../testing/test-gateway.ts';
import { podFacts } from './pod-facts.ts';

const running = { name: 'pod-a', revision: 'hello-1', ip: '10.0.0.7' };

test('knows whose pod it is and where it listens', () => {
  const state = podFacts(aPod({ ...running, port: 9000 }));
  assert.equal(state?.functionKey, 'default/hello');
  assert.equal(state?.revision, 'hello-1');
  assert.equal(state?.ip, '10.0.0.7');
  assert.equal(state?.port, 9000);
});

test('a pod of no function is nothing to us', () => {
  const pod = aPod(running);
  assert.equal(podFacts({ ...pod, metadata: { ...pod.metadata, labels: { app: 'other' } } }), undefined);
});

test('a pod that runs the runtime is asked for its uid, an image is only connected to', () => {
  assert.equal(podFacts(aPod(running))?.probe, 'ready');
  assert.equal(podFacts(aPod({ ...running, image: true }))?.probe, 'connect');
});

test('a pod that is terminating, or over, is leaving', () => {
  assert.equal(podFacts(aPod(running))?.leaving, false);
  assert.equal(podFacts(aPod({ ...running, leaving: true }))?.leaving, true);
  assert.equal(podFacts(aPod({ ...running, status: { phase: 'Failed' } }))?.leaving, true);
  assert.equal(podFacts(aPod({ ...running, status: { phase: 'Succeeded' } }))?.leaving, true);
});

test('an init container that cannot start is a pod that cannot', () => {
  const waiting = { reason: 'ImagePullBackOff' };
  const status = { initContainerStatuses: [{ state: { waiting } }], containerStatuses: [{ state: {} }] };
  assert.equal(podFacts(aPod({ ...running, status }))?.failure?.reason, 'ImagePullFailed');
});
