import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aFunction } from '../testing/builders.ts';
import { type Payload, podTemplate } from './pod-template.ts';

const PARTS = [
  { name: 'hello-bundle-1', chunks: 2 },
  { name: 'hello-bundle-2', chunks: 1 },
];
const SOURCE: Payload = { kind: 'source', bundle: { parts: PARTS }, runtimeImage: 'runtime:1' };
const IMAGE: Payload = { kind: 'image', image: 'team/thumbs:1' };

function made(spec: Parameters<typeof aFunction>[0] = {}, payload: Payload = SOURCE) {
  const { spec: pod, metadata } = podTemplate(aFunction(spec), 'hello-1', payload);
  const container = pod?.containers[0];
  assert.ok(pod && container);
  const env = Object.fromEntries(
    (container.env ?? []).map((variable) => [variable.name, variable.value ?? variable.valueFrom]),
  );
  return { pod, container, env, metadata };
}

test('a source function runs by the restricted Pod Security profile', () => {
  const { pod, container } = made();
  assert.equal(pod.securityContext?.runAsNonRoot, true);
  assert.ok((pod.securityContext?.runAsUser ?? 0) > 0);
  assert.deepEqual(pod.securityContext?.seccompProfile, { type: 'RuntimeDefault' });
  assert.deepEqual(container.securityContext, { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
});

test('an image may be a root image', () => {
  const { pod, container } = made({ image: 'team/thumbs:1' }, IMAGE);
  assert.equal(pod.securityContext, undefined);
  assert.equal(container.securityContext?.capabilities, undefined);
  assert.equal(container.securityContext?.runAsNonRoot, undefined);
  assert.equal(container.image, 'team/thumbs:1');
});

test('an image that is said not to run as root fits the restricted profile', () => {
  const { container } = made({ image: 'team/thumbs:1', securityContext: { runAsNonRoot: true } }, IMAGE);
  const { runAsNonRoot, allowPrivilegeEscalation, capabilities, seccompProfile } = container.securityContext ?? {};
  assert.deepEqual(
    [runAsNonRoot, allowPrivilegeEscalation, capabilities?.drop, seccompProfile?.type],
    [true, false, ['ALL'], 'RuntimeDefault'],
  );
});

test('a cold start asks no registry for the runtime image; for an image of the user the cluster decides', () => {
  assert.equal(made().container.imagePullPolicy, 'IfNotPresent');
  assert.equal(made({ image: 'team/thumbs:latest' }, IMAGE).container.imagePullPolicy, undefined);
});

test('a pod mounts nothing that was not asked for', () => {
  const { pod, container } = made();
  assert.equal(pod.volumes, undefined);
  assert.equal(container.volumeMounts, undefined);
  assert.equal(pod.automountServiceAccountToken, false);
  assert.equal(pod.enableServiceLinks, false);
});

test('secrets are read-only files, a service account brings its token', () => {
  const { pod, container } = made({ secrets: [{ name: 'stripe' }], serviceAccountName: 'payer' });
  assert.deepEqual(pod.volumes, [{ name: 'stripe', secret: { secretName: 'stripe' } }]);
  assert.deepEqual(container.volumeMounts, [
    { name: 'stripe', mountPath: '/var/run/secrets/catnap/stripe', readOnly: true },
  ]);
  assert.equal(pod.serviceAccountName, 'payer');
  assert.equal(pod.automountServiceAccountToken, true);
});

test('the runtime is told what to load and its limits', () => {
  const { env } = made({ handler: 'main', timeoutSeconds: 5, concurrency: { limit: 3 } });
  assert.equal(env.PORT, '8080');
  assert.equal(env.CATNAP_HANDLER, 'main');
  assert.equal('CATNAP_SIGNATURE' in env, false);
  assert.equal(made({ signature: 'http' }).env.CATNAP_SIGNATURE, 'http');
  assert.equal(env.CATNAP_TIMEOUT_SECONDS, '5');
  assert.equal(env.CATNAP_CONCURRENCY_LIMIT, '3');
  assert.equal(env.CATNAP_BUNDLE_CHUNKS, '3');
  assert.deepEqual(env.CATNAP_BUNDLE_1, { configMapKeyRef: { name: 'hello-bundle-1', key: '1' } });
  assert.deepEqual(env.CATNAP_BUNDLE_2, { configMapKeyRef: { name: 'hello-bundle-2', key: '0' } });
  assert.deepEqual(env.CATNAP_POD_UID, { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.uid' } });
});

test("an image gets Knative's variables and nothing to load", () => {
  const { env, container } = made({ image: 'team/thumbs:1' }, IMAGE);
  assert.equal(env.K_SERVICE, 'hello');
  assert.equal(env.K_REVISION, 'hello-1');
  assert.equal(env.K_CONFIGURATION, 'hello');
  assert.equal('CATNAP_BUNDLE_CHUNKS' in env, false);
  assert.deepEqual(container.readinessProbe?.tcpSocket, { port: 'http' });
});

test("the user's variables come after ours, so that they may refer to them", () => {
  const { container } = made({ env: [{ name: 'WHO', value: 'v$(CATNAP_REVISION)' }] });
  assert.deepEqual(container.env?.at(-1), { name: 'WHO', value: 'v$(CATNAP_REVISION)' });
});

test('a leaving pod has the time of its longest request and ten seconds', () => {
  assert.equal(made({ timeoutSeconds: 60 }).pod.terminationGracePeriodSeconds, 70);
  assert.equal(made({ timeoutSeconds: 0 }).pod.terminationGracePeriodSeconds, 3_610);
});

test('a leaving pod has the time of its longest delivery, and the runtime knows of it', () => {
  const seconds = (spec: Parameters<typeof aFunction>[0], payload: Payload = SOURCE) => {
    const { pod, env } = made(spec, payload);
    return [pod.terminationGracePeriodSeconds, env.CATNAP_TIMEOUT_SECONDS, env.CATNAP_ASYNC_TIMEOUT_SECONDS];
  };
  assert.deepEqual(seconds({ timeoutSeconds: 60, async: { timeoutSeconds: 600 } }), [610, '60', '600']);
  assert.deepEqual(seconds({ timeoutSeconds: 60, async: { timeoutSeconds: 5, mode: 'Never' } }), [70, '60', '5']);
  assert.deepEqual(seconds({ timeoutSeconds: 0, async: { timeoutSeconds: 600 } }), [3_610, '0', '600']);
  assert.deepEqual(seconds({ timeoutSeconds: 0, async: { timeoutSeconds: 7_200 } }), [7_210, '0', '7200']);
  const image = seconds({ image: 'team/thumbs:1', async: { timeoutSeconds: 600 } }, IMAGE);
  assert.deepEqual(image, [610, undefined, undefined]);
});

test("requests of a user's image that leaves have three seconds before it hears of that", () => {
  const { container } = made({ image: 'team/thumbs:1' }, IMAGE);
  assert.deepEqual(container.lifecycle, { preStop: { sleep: { seconds: 3 } } });
  assert.equal(made().container.lifecycle, undefined);
});

test('the log of a container that ended reaches its status', () => {
  assert.equal(made().container.terminationMessagePolicy, 'FallbackToLogsOnError');
});

test('the readiness of a source function is asked of the runtime each second', () => {
  const { readinessProbe } = made().container;
  assert.equal(readinessProbe?.httpGet?.path, '/.catnap/ready');
  assert.equal(readinessProbe?.periodSeconds, 1);
});

test('readiness is not asked before the program can listen, which would leave a Warning on each start', () => {
  for (const { container } of [made(), made({ image: 'team/thumbs:1' }, IMAGE)])
    assert.equal(container.readinessProbe?.initialDelaySeconds, 1);
});

test('a replica whose main loop has stopped is restarted, not before a request would have had its time', () => {
  const { livenessProbe } = made({ timeoutSeconds: 60 }).container;
  assert.equal(livenessProbe?.httpGet?.path, '/.catnap/live');
  assert.equal(livenessProbe?.terminationGracePeriodSeconds, 1);
  const stuckAfterSeconds = (timeoutSeconds: number) => {
    const { periodSeconds = 0, failureThreshold = 0 } = made({ timeoutSeconds }).container.livenessProbe ?? {};
    return periodSeconds * (failureThreshold - 1);
  };
  assert.deepEqual([1, 60, 61, 0].map(stuckAfterSeconds), [30, 60, 70, 3_600]);
});

test('a replica that computes for as long as a delivery may take is not restarted for it', () => {
  const { periodSeconds = 0, failureThreshold = 0 } =
    made({ timeoutSeconds: 60, async: { timeoutSeconds: 600 } }).container.livenessProbe ?? {};
  assert.equal(periodSeconds * (failureThreshold - 1), 600);
});

test('a start is over before it is asked whether it lives', () => {
  assert.ok((made().container.livenessProbe?.initialDelaySeconds ?? 0) >= 10);
});

test("whether a user's image lives is the user's to say", () => {
  assert.equal(made({ image: 'team/thumbs:1' }, IMAGE).container.livenessProbe, undefined);
});
