import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldErrorText } from '../../../objects/field-error.ts';
import { validatePodSpec } from './pod-validation.ts';

const wrong = (spec: object) =>
  validatePodSpec({ containers: [{ name: 'c', image: 'x' }], ...spec }, 'spec').map(fieldErrorText);
const volumes = (...list: object[]) => wrong({ volumes: list });
const mounted = (...volumeMounts: object[]) =>
  wrong({ volumes: [{ name: 'v', emptyDir: {} }], containers: [{ name: 'c', image: 'x', volumeMounts }] });

test('a volume is of one kind, and says which object it shows', () => {
  assert.deepEqual(volumes({ name: 'v', secret: { secretName: 's' } }, { name: 'w', configMap: { name: 'c' } }), []);
  assert.deepEqual(volumes({ name: 'v' }), ['spec.volumes[0]: Required value: must specify a volume type']);
  assert.deepEqual(volumes({ name: 'v', secret: {} }), ['spec.volumes[0].secret.secretName: Required value']);
  assert.deepEqual(volumes({ name: 'v', configMap: {} }), ['spec.volumes[0].configMap.name: Required value']);
  assert.deepEqual(volumes({ name: 'v', emptyDir: {}, hostPath: { path: '/x' } }), [
    'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type',
  ]);
  assert.deepEqual(volumes({ name: 'v', secret: { secretName: 's', items: [{ key: 'k' }] } }), [
    'spec.volumes[0].secret.items[0].path: Required value',
  ]);
});

test('volumes have names of their own', () => {
  assert.deepEqual(volumes({ name: 'v', emptyDir: {} }, { name: 'v', emptyDir: {} }), [
    'spec.volumes[1].name: Duplicate value: "v"',
  ]);
  assert.deepEqual(volumes({ emptyDir: {} }), ['spec.volumes[0].name: Required value']);
  assert.match(volumes({ name: 'A', emptyDir: {} })[0] ?? '', /volumes\[0\]\.name: Invalid value: "A"/);
});

test('two volumes are not mounted at one path', () => {
  assert.deepEqual(mounted({ name: 'v', mountPath: '/a' }, { name: 'v', mountPath: '/b' }), []);
  assert.deepEqual(mounted({ name: 'v', mountPath: '/a' }, { name: 'v', mountPath: '/a' }), [
    'spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/a": must be unique',
  ]);
});

test('affinities to nodes compare as a selector can', () => {
  const required = (...matchExpressions: object[]) =>
    wrong({
      affinity: {
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } },
      },
    }).map((text) => text.replace(/^.*matchExpressions\[0\]\./, ''));
  assert.deepEqual(required({ key: 'a', operator: 'In', values: ['b'] }, { key: 'a', operator: 'Exists' }), []);
  assert.deepEqual(required({ key: 'a', operator: 'Gt', values: ['1'] }), []);
  assert.match(required({ key: 'a', operator: 'In' })[0] ?? '', /^values: Required value: must be specified/);
  assert.match(required({ key: 'a', operator: 'Exists', values: ['b'] })[0] ?? '', /^values: Forbidden/);
  assert.match(
    required({ key: 'a', operator: 'Lt', values: ['1', '2'] })[0] ?? '',
    /^values: Required value: .*single/,
  );
  assert.match(required({ key: 'a', operator: 'Foo' })[0] ?? '', /^operator: Invalid value: "Foo"/);
});

test('affinities to pods name the topology, and weigh from 1 to 100', () => {
  const preferred = (weight: number, topologyKey: string) =>
    wrong({
      affinity: {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight, podAffinityTerm: { topologyKey } }],
        },
      },
    }).map((text) => text.replace(/^.*Execution\[0\]\./, ''));
  assert.deepEqual(preferred(100, 'kubernetes.io/hostname'), []);
  assert.deepEqual(preferred(101, ''), [
    'weight: Invalid value: 101: must be in the range 1-100',
    'podAffinityTerm.topologyKey: Required value: can not be empty',
  ]);
});
