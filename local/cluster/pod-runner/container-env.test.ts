import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerEnv, type EnvSources } from './container-env.ts';
import type { PodFacts } from './downward.ts';
import type { Container } from './pod-context.ts';

const sources: EnvSources = {
  configMap: (name) => (name === 'settings' ? { level: 'debug', mode: 'fast' } : undefined),
  secret: (name) => (name === 'stripe' ? { key: 's3cret' } : undefined),
};

function facts(container: Container): PodFacts {
  const pod = {
    metadata: {
      name: 'hello-1',
      namespace: 'default',
      uid: 'u-1',
      labels: { 'a.b/c': 'x' },
      annotations: { note: 'y' },
    },
    spec: { containers: [container] },
  };
  return { pod, podIP: '127.1.0.9', nodeName: 'local', hostIP: '127.0.0.1', node: { cpu: 2, memory: 2 ** 30 } };
}

function resolve(container: Partial<Container>): Record<string, string> {
  const whole = { name: 'main', ...container } as Container;
  return Object.fromEntries(containerEnv(whole, facts(whole), sources));
}

const fieldRef = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });

test('values may refer to what comes before them; unknown and escaped references stay', () => {
  const env = [
    { name: 'A', value: '1' },
    { name: 'B', value: '$(A)-$(C)-$$(A)' },
    { name: 'C', value: '$(B)' },
    { name: 'EMPTY' },
  ];
  assert.deepEqual(resolve({ env }), { A: '1', B: '1-$(C)-$(A)', C: '1-$(C)-$(A)', EMPTY: '' });
});

test('keys of ConfigMaps and Secrets, whole and one by one; env goes before envFrom', () => {
  const envFrom = [
    { configMapRef: { name: 'settings' }, prefix: 'S_' },
    { secretRef: { name: 'absent', optional: true } },
  ];
  const env = [
    { name: 'S_mode', value: 'slow' },
    { name: 'KEY', valueFrom: { secretKeyRef: { name: 'stripe', key: 'key' } } },
    { name: 'GONE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'none', optional: true } } },
  ];
  assert.deepEqual(resolve({ envFrom, env }), { S_level: 'debug', S_mode: 'slow', KEY: 's3cret' });
});

test('what is missing is named as kubelet names it', () => {
  const configMapKeyRef = (name: string, key: string) => ({
    env: [{ name: 'X', valueFrom: { configMapKeyRef: { name, key } } }],
  });
  assert.throws(() => resolve(configMapKeyRef('x', 'k')), { message: 'configmap "x" not found' });
  assert.throws(() => resolve(configMapKeyRef('settings', 'k')), {
    message: "couldn't find key k in ConfigMap default/settings",
  });
  assert.throws(() => resolve({ envFrom: [{ secretRef: { name: 'y' } }] }), { message: 'secret "y" not found' });
});

test('a pod learns about itself', () => {
  const env = [
    fieldRef('UID', 'metadata.uid'),
    fieldRef('LABEL', "metadata.labels['a.b/c']"),
    fieldRef('NOTE', "metadata.annotations['note']"),
    fieldRef('IP', 'status.podIP'),
    fieldRef('NODE', 'spec.nodeName'),
  ];
  assert.deepEqual(resolve({ env }), { UID: 'u-1', LABEL: 'x', NOTE: 'y', IP: '127.1.0.9', NODE: 'local' });
});

test('resources in units of a divisor, rounded up; without a limit the whole machine', () => {
  const ref = (name: string, resource: string, divisor?: string) => ({
    name,
    valueFrom: { resourceFieldRef: { resource, ...(divisor === undefined ? {} : { divisor }) } },
  });
  const resources = { requests: { cpu: '50m' }, limits: { memory: '256Mi' } };
  const env = [
    ref('CPU', 'requests.cpu', '1m'),
    ref('MEM', 'limits.memory', '1Mi'),
    ref('CORES', 'limits.cpu'),
    ref('UP', 'requests.cpu'),
  ];
  assert.deepEqual(resolve({ env, resources }), { CPU: '50', MEM: '256', CORES: '2', UP: '1' });
});
