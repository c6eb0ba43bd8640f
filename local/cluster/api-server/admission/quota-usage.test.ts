import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../objects/kind-schema.ts';
import { sumOf, unstated, usageOf } from './quota-usage.ts';

function pod(spec: object, phase = 'Running'): KubeObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec, status: { phase } };
}

const asking = (cpu: string) => ({ name: 'c', resources: { requests: { cpu } } });

test('a pod counts for all its containers, or for the one that comes before them', () => {
  const usage = usageOf(
    'pods',
    pod({ containers: [asking('100m'), asking('200m')], initContainers: [asking('250m')] }),
  );
  assert.equal(usage.get('pods'), 1);
  assert.equal(usage.get('requests.cpu')?.toFixed(3), '0.300');
  const greedy = usageOf('pods', pod({ containers: [asking('100m')], initContainers: [asking('1')] }));
  assert.equal(greedy.get('cpu'), 1);
});

test('a pod that is over counts as an object only', () => {
  assert.deepEqual([...usageOf('pods', pod({ containers: [asking('1')] }, 'Succeeded'))], [['count/pods', 1]]);
});

test('other kinds count one by one', () => {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: {}, spec: { type: 'NodePort', ports: [{}, {}] } };
  const sum = sumOf([usageOf('services', service), usageOf('services', service)]);
  assert.deepEqual(
    ['count/services', 'services', 'services.nodeports'].map((name) => sum.get(name)),
    [2, 2, 4],
  );
});

test('a quota on cpu asks each container to say how much', () => {
  const two = pod({ containers: [asking('1'), { name: 'silent' }] });
  assert.deepEqual(unstated(two, { 'requests.cpu': '1', pods: '1' }), [
    { name: 'requests.cpu', containers: ['silent'] },
  ]);
});
