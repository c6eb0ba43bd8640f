import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ContainerStatus, mountFailure, type StartingPod, startFailure } from './start-failure.ts';

const aPod = (...containerStatuses: ContainerStatus[]): StartingPod => ({
  metadata: { name: 'hello-1-abc', namespace: 'default' },
  spec: { containers: [{ name: 'function', resources: { limits: { memory: '32Mi' } } }] },
  status: { containerStatuses },
});
const failureOf = (...containers: ContainerStatus[]) => startFailure(aPod(...containers), false);
const waiting = (reason: string, message = '') => ({ name: 'function', state: { waiting: { reason, message } } });
const exited = { terminated: { exitCode: 1, reason: 'Error' } };

test('a pod that is being made has not failed', () => {
  assert.equal(failureOf(waiting('ContainerCreating')), undefined);
  assert.equal(failureOf(waiting('PodInitializing')), undefined);
  assert.equal(failureOf(waiting('SomethingNew', 'of a later Kubernetes')), undefined);
  assert.equal(failureOf(), undefined);
  assert.equal(startFailure({}, false), undefined);
});

for (const reason of [
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'SignatureValidationFailed',
]) {
  test(`${reason} is an image that cannot be had`, () => {
    const failure = failureOf({ ...waiting(reason, 'manifest unknown'), image: 'example/none:1' });
    assert.deepEqual([failure?.reason, failure?.finalAfterMs], ['ImagePullFailed', 0]);
    assert.match(failure?.message ?? '', /hello-1-abc.*"example\/none:1".*manifest unknown/);
  });
}

for (const reason of ['RegistryUnavailable', 'ImageInspectError']) {
  test(`${reason} is believed when it lasts`, () => {
    const failure = failureOf(waiting(reason));
    assert.equal(failure?.reason, 'ImagePullFailed');
    assert.ok((failure?.finalAfterMs ?? 0) > 0);
  });
}

test('CreateContainerConfigError names what is missing', () => {
  const of = (message: string) => {
    const failure = failureOf(waiting('CreateContainerConfigError', message));
    return [failure?.reason, failure?.finalAfterMs];
  };
  assert.deepEqual(of('secret "stripe" not found'), ['SecretNotFound', 0]);
  assert.deepEqual(of('secret "timed-out" not found'), ['SecretNotFound', 0]);
  assert.deepEqual(of("couldn't find key token in Secret default/stripe"), ['SecretNotFound', 0]);
  assert.deepEqual(of("couldn't find key url in ConfigMap default/settings"), ['ConfigMapNotFound', 0]);
  assert.deepEqual(of('configmap "settings" not found'), ['ConfigMapNotFound', 0]);
  assert.deepEqual(of('container has runAsNonRoot and image will run as root'), ['InvalidPodTemplate', 0]);
});

test('a node that was too busy to read a ConfigMap tries again, and is given half a minute', () => {
  for (const message of [
    'failed to sync configmap cache: timed out waiting for the condition',
    'failed to sync secret cache: timed out waiting for the condition',
    'object "default"/"hello-bundle" not registered',
    'Get "https://10.0.0.1/api/v1/namespaces/default/secrets/a": dial tcp 10.0.0.1:443: connect: connection refused',
    'etcdserver: request timed out',
  ]) {
    assert.equal(failureOf(waiting('CreateContainerConfigError', message))?.finalAfterMs, 30_000, message);
  }
});

test('a bundle that was deleted is stored again: the pod is waited for', () => {
  const message = 'configmap "hello-bundle-4f1d0c9a7b2e6d35" not found';
  assert.equal(failureOf(waiting('CreateContainerConfigError', message))?.finalAfterMs, Number.POSITIVE_INFINITY);
});

test('a container that cannot be made or run is a failure of its own, at once where it will always be so', () => {
  for (const reason of ['CreateContainerError', 'RunContainerError', 'PostStartHookError', 'PreCreateHookError']) {
    const permanent = failureOf(waiting(reason, 'no command specified'));
    assert.deepEqual([permanent?.reason, permanent?.finalAfterMs], ['ContainerStartFailed', 0], reason);
    assert.match(permanent?.message ?? '', /no command specified\)\. Check the image's command/);
    assert.ok((failureOf(waiting(reason, 'context deadline exceeded'))?.finalAfterMs ?? 0) > 5_000, reason);
    assert.equal(failureOf(waiting(reason, 'what no one has seen yet'))?.finalAfterMs, 5_000, reason);
  }
});

test('a program that is not in the image is told at its first end', () => {
  const message = 'exec: "serve": executable file not found in $PATH';
  for (const reason of ['StartError', 'ContainerCannotRun']) {
    const failure = failureOf({ restartCount: 0, state: { terminated: { exitCode: 128, reason, message } } });
    assert.deepEqual([failure?.reason, failure?.finalAfterMs], ['ContainerStartFailed', 0]);
  }
});

test('one exit is not yet a crash loop', () => {
  assert.equal(failureOf({ restartCount: 0, state: exited }), undefined);
  assert.equal(failureOf({ restartCount: 1, state: {}, lastState: exited }), undefined);
});

test('two exits are, wherever kubelet has got to since', () => {
  const states: ContainerStatus[] = [
    { restartCount: 1, state: exited, lastState: exited },
    { restartCount: 1, ...waiting('CrashLoopBackOff'), lastState: exited },
    { restartCount: 2, state: {}, lastState: exited },
  ];
  for (const status of states) assert.equal(failureOf(status)?.reason, 'CrashLoop');
});

test('one that may have answered is a crash loop only once kubelet holds it back', () => {
  const crashed = { restartCount: 5, lastState: exited };
  assert.equal(startFailure(aPod({ ...crashed, state: { running: {} } }), true), undefined);
  assert.equal(startFailure(aPod({ ...crashed, ...waiting('CrashLoopBackOff') }), true)?.reason, 'CrashLoop');
});

test('a crash tells the exit code, and of too little memory the limit, but not what the log says', () => {
  const terminated = { exitCode: 137, reason: 'OOMKilled', message: 'Error: secret\n    at /function/index.ts:1:7' };
  const failure = failureOf({ name: 'function', restartCount: 2, state: { terminated } });
  assert.match(failure?.message ?? '', /exit code 137: .*limit of 32Mi; raise spec\.resources\.limits\.memory/);
  assert.doesNotMatch(failure?.message ?? '', /secret|index\.ts/);
  assert.equal(failure?.lastEnd, terminated);
});

test('any container may be the one that fails, and is named', () => {
  const running = { name: 'function', restartCount: 0, state: { running: {} } };
  const sidecar = { ...waiting('ErrImagePull'), name: 'proxy', image: 'a/proxy' };
  assert.match(failureOf(running, sidecar)?.message ?? '', /cannot get the image "a\/proxy" of container proxy/);
  const init = { name: 'migrate', restartCount: 2, state: exited };
  const pod = { ...aPod(waiting('PodInitializing')), status: { initContainerStatuses: [init] } };
  assert.deepEqual(
    [startFailure(pod, false)?.reason, /ended of container migrate/.test(startFailure(pod, false)?.message ?? '')],
    ['CrashLoop', true],
  );
});

test('an init container that did its work twice has not crashed', () => {
  const done = { name: 'migrate', restartCount: 3, state: { terminated: { exitCode: 0, reason: 'Completed' } } };
  assert.equal(startFailure({ status: { initContainerStatuses: [done] } }, false), undefined);
});

test('an end that the node lost sight of is none of the program', () => {
  const lost = { exitCode: 137, reason: 'ContainerStatusUnknown' };
  assert.equal(failureOf({ restartCount: 2, state: { running: {} }, lastState: { terminated: lost } }), undefined);
});

test('a pod without a node, or one that is held at a gate, may still start at any time', () => {
  for (const reason of ['Unschedulable', 'SchedulingGated']) {
    const conditions = [{ type: 'PodScheduled', status: 'False', reason, message: '0/1 nodes: Insufficient cpu' }];
    const failure = startFailure({ status: { conditions } }, false);
    assert.deepEqual([failure?.reason, failure?.finalAfterMs], ['Unschedulable', Number.POSITIVE_INFINITY]);
    assert.match(failure?.message ?? '', /Insufficient cpu/);
  }
});

test('of several failures the surest one is told', () => {
  const failure = failureOf(waiting('CreateContainerConfigError', 'etcdserver: request timed out'), {
    ...waiting('InvalidImageName'),
    name: 'proxy',
  });
  assert.equal(failure?.reason, 'ImagePullFailed');
});

test('a volume that cannot be mounted is a missing object only if it names one', () => {
  const of = (message: string) => {
    const failure = mountFailure(aPod(), `MountVolume.SetUp failed for volume "a" : ${message}`);
    return [failure?.reason, failure?.finalAfterMs];
  };
  assert.deepEqual(of('secret "stripe" not found'), ['SecretNotFound', 0]);
  assert.deepEqual(of('configmap "a" not found'), ['ConfigMapNotFound', 0]);
  assert.deepEqual(of('failed to sync secret cache: timed out waiting for the condition'), ['SecretNotFound', 30_000]);
  assert.deepEqual(of('mount failed: exit status 32'), [undefined, undefined]);
});
