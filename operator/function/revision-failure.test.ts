import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeEvent, Pod } from '#platform/kube/resources.ts';
import { aCrashedPod, aDeployment, aPod } from '../testing/builders.ts';
import { type Evidence, type Failure, revisionFailure } from './revision-failure.ts';

const look = (pods: Pod[], more: Partial<Evidence> = {}): Failure | undefined =>
  revisionFailure({
    deployment: aDeployment(),
    pods,
    mountEvents: [],
    answered: false,
    failingForMs: new Map(),
    ...more,
  });

const waiting = (reason: string, message = '') => aPod({ state: { waiting: { reason, message } } });

test('a pod that just starts has not failed', () => {
  assert.equal(look([aPod(), waiting('ContainerCreating')]), undefined);
});

test('one end is not yet a failure, two before the first answer are', () => {
  const terminated = { exitCode: 1, message: 'boom' };
  assert.equal(look([aPod({ state: { terminated } })]), undefined);
  assert.equal(look([aPod({ restartCount: 1, lastState: { terminated } })]), undefined);
  assert.equal(look([aPod({ restartCount: 1, state: { terminated } })])?.reason, 'CrashLoop');
  assert.equal(look([aPod({ restartCount: 2, lastState: { terminated } })])?.reason, 'CrashLoop');
});

test('a crash loop names the pod, the exit code and the last log lines', () => {
  const log = `${'old line\n'.repeat(50)}TypeError: x is not a function\n    at index.ts:3:5\n`;
  const failure = look([aCrashedPod('hello-1', log)]);
  assert.equal(failure?.terminal, true);
  assert.match(failure?.message ?? '', /pod hello-1-abcde .*2 times.*exit code 1\. .*last log lines:/s);
  assert.match(failure?.message ?? '', /TypeError: x is not a function\n {4}at index\.ts:3:5$/);
  assert.ok((failure?.message.length ?? 0) < 1_800);
});

test("the runtime's own log lines are told in words, with the function's part of the stack", () => {
  const stack = 'Error: no database\n    at init (/function/index.ts:1:35)\n    at load (file:///runtime.mjs:1:7)';
  const line = JSON.stringify({ level: 'fatal', msg: 'the function cannot be loaded', err: { message: 'x', stack } });
  const { message = '' } = look([aCrashedPod('hello-1', `plain\n${line}\n`)]) ?? {};
  assert.match(
    message,
    /lines:\nplain\nthe function cannot be loaded: Error: no database\n {4}at init \(\/function\/index\.ts:1:35\)$/,
  );
});

test('a program that ends as if all were well is one that ended; its log is to be asked for', () => {
  const { message = '' } = look([aPod({ restartCount: 2, lastState: { terminated: { exitCode: 0 } } })]) ?? {};
  assert.match(message, /exit code 0\. kubectl logs hello-1-abcde shows its log$/);
});

test('too little memory is named with the limit and what to do', () => {
  const terminated = { exitCode: 137, reason: 'OOMKilled' };
  const failure = look([aPod({ restartCount: 2, memoryLimit: '32Mi', lastState: { terminated } })]);
  assert.match(failure?.message ?? '', /limit of 32Mi; raise spec\.resources\.limits\.memory/);
});

test('a revision that answered before crashes only when kubelet holds it back', () => {
  const terminated = { exitCode: 1 };
  assert.equal(look([aPod({ restartCount: 5, lastState: { terminated } })], { answered: true }), undefined);
  const heldBack = aPod({
    restartCount: 5,
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated },
  });
  assert.equal(look([heldBack], { answered: true })?.reason, 'CrashLoop');
});

for (const reason of ['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName']) {
  test(`${reason} is terminal and names the image`, () => {
    const failure = look([waiting(reason, 'manifest unknown')]);
    assert.equal(failure?.reason, 'ImagePullFailed');
    assert.equal(failure?.terminal, true);
    assert.match(failure?.message ?? '', /"an\/image" .*manifest unknown/);
  });
}

test('a missing Secret and a missing ConfigMap are told apart', () => {
  const of = (message: string) => look([waiting('CreateContainerConfigError', message)])?.reason;
  assert.equal(of('secret "stripe" not found'), 'SecretNotFound');
  assert.equal(of("couldn't find key token in Secret default/stripe"), 'SecretNotFound');
  assert.equal(of('configmap "settings" not found'), 'ConfigMapNotFound');
  assert.equal(of('container has runAsNonRoot and image will run as root'), 'InvalidPodTemplate');
});

test('a Secret that cannot be mounted is learned from the Events of the pod itself', () => {
  const message = 'MountVolume.SetUp failed for volume "stripe" : secret "stripe" not found';
  const event = (uid: string): KubeEvent => ({ metadata: {}, involvedObject: { uid }, reason: 'FailedMount', message });
  const pod = waiting('ContainerCreating');
  assert.equal(look([pod], { mountEvents: [event('uid-of-another')] }), undefined);
  const failure = look([pod], { mountEvents: [event('uid-of-hello-1-abcde')] });
  assert.equal(failure?.reason, 'SecretNotFound');
  assert.match(failure?.message ?? '', /secret "stripe" not found.*spec\.secrets/);
});

test('a pod without a node is reported, but may still start', () => {
  const conditions = [
    { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes: Insufficient cpu' },
  ];
  const failure = look([aPod({ state: {}, conditions })]);
  assert.equal(failure?.reason, 'Unschedulable');
  assert.equal(failure?.terminal, false);
  assert.match(failure?.message ?? '', /Insufficient cpu/);
});

test('a used-up quota is learned from the Deployment, as there is no pod', () => {
  const message = 'pods "x" is forbidden: exceeded quota: small';
  const deployment = aDeployment({
    conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }],
  });
  assert.equal(look([], { deployment })?.reason, 'QuotaExceeded');
  assert.equal(look([aPod()], { deployment }), undefined);
});

test('what kubelet says of a busy node is no verdict until it has lasted half a minute', () => {
  const pod = waiting(
    'CreateContainerConfigError',
    'failed to sync configmap cache: timed out waiting for the condition',
  );
  const after = (ms: number) => look([pod], { failingForMs: new Map([['uid-of-hello-1-abcde', ms]]) });
  assert.deepEqual([look([pod])?.terminal, look([pod])?.terminalInMs], [false, 30_000]);
  assert.deepEqual([after(29_000)?.terminal, after(29_000)?.terminalInMs], [false, 1_000]);
  assert.deepEqual([after(30_000)?.terminal, after(30_000)?.terminalInMs], [true, undefined]);
});

test('an API server that was busy when a pod was to be made is asked again', () => {
  const because = (message: string) =>
    look([], {
      deployment: aDeployment({
        conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }],
      }),
    })?.terminal;
  assert.equal(because('pods "x" is forbidden: violates PodSecurity'), true);
  assert.equal(because('Internal error occurred: failed calling webhook "a.b": context deadline exceeded'), false);
});
