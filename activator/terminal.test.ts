import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ContainerStatus, startFailure } from './terminal.ts';

const failureOf = (...containers: ContainerStatus[]) => startFailure('hello-1-abc', containers);
const exited = { terminated: { exitCode: 1, reason: 'Error' } };
const waiting = (reason: string, message = '') => ({ state: { waiting: { reason, message } } });

test('a pod that is being created has not failed', () => {
  assert.equal(failureOf(waiting('ContainerCreating')), undefined);
  assert.equal(failureOf(), undefined);
});

for (const reason of ['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName']) {
  test(`${reason} is an image that cannot be pulled`, () => {
    const failure = failureOf({ ...waiting(reason, 'manifest unknown'), image: 'example/none:1' });
    assert.equal(failure?.reason, 'ImagePullFailed');
    assert.match(failure?.message ?? '', /hello-1-abc.*example\/none:1.*manifest unknown/);
  });
}

test('CreateContainerConfigError names what is missing', () => {
  const reasonOf = (message: string) => failureOf(waiting('CreateContainerConfigError', message))?.reason;
  assert.equal(reasonOf('secret "stripe" not found'), 'SecretNotFound');
  assert.equal(reasonOf("couldn't find key url in ConfigMap default/settings"), 'ConfigMapNotFound');
  assert.equal(reasonOf('configmap "settings" not found'), 'ConfigMapNotFound');
  assert.equal(reasonOf('container has runAsNonRoot and image will run as root'), 'InvalidPodTemplate');
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

test('a crash tells the exit code and where to read more, not what the log says', () => {
  const terminated = { exitCode: 137, reason: 'OOMKilled', message: 'Error: secret\n    at /function/index.ts:1:7' };
  const { message = '' } = failureOf({ restartCount: 2, state: { terminated } }) ?? {};
  assert.match(message, /exit code 137, OOMKilled/);
  assert.match(message, /kubectl logs hello-1-abc/);
  assert.doesNotMatch(message, /secret|index\.ts/);
});

test('any container may be the one that fails', () => {
  assert.equal(failureOf({ restartCount: 0, state: {} }, waiting('ErrImagePull'))?.reason, 'ImagePullFailed');
});
