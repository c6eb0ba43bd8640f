import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#platform/kube/resources.ts';
import { misfit, wantsNode } from './scheduling.ts';

const node = { name: 'local', labels: { disk: 'ssd' }, cpu: 2, memory: 2 ** 30 };
const pod = (spec: Partial<NonNullable<Pod['spec']>>): Pod => ({ metadata: {}, spec: { containers: [], ...spec } });
const asking = (requests: { [name: string]: string }): Pod =>
  pod({ containers: [{ name: 'a', resources: { requests } }] });

test('a pod that the machine can hold fits', () => {
  assert.equal(misfit(asking({ cpu: '2', memory: '1Gi' }), node), undefined);
  assert.equal(misfit(pod({ nodeSelector: { disk: 'ssd' } }), node), undefined);
});

test('what does not fit is said as the scheduler says it', () => {
  assert.match(misfit(asking({ cpu: '2001m' }), node) ?? '', /^0\/1 nodes are available: 1 Insufficient cpu\./);
  assert.match(misfit(asking({ memory: '2Gi' }), node) ?? '', /1 Insufficient memory/);
  assert.match(
    misfit(pod({ nodeSelector: { disk: 'hdd' } }), node) ?? '',
    /didn't match Pod's node affinity\/selector/,
  );
});

test('a claim that is missing keeps a pod from any node, one that is taken from this one', () => {
  const why = 'persistentvolumeclaim "data" not found';
  assert.equal(misfit(pod({}), node, { kind: 'pod', why }), `0/1 nodes are available: ${why}. not found`);
  assert.equal(
    misfit(pod({}), node, { kind: 'node', why: 'node(s) unavailable' }),
    '0/1 nodes are available: 1 node(s) unavailable. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
  );
  assert.equal(misfit(pod({}), node, { kind: 'wait' }), undefined);
});

test('only pods without a node that wait for the default scheduler are placed', () => {
  assert.equal(wantsNode(pod({})), true);
  assert.equal(wantsNode(pod({ nodeName: 'local' })), false);
  assert.equal(wantsNode(pod({ schedulerName: 'mine' })), false);
  assert.equal(wantsNode({ ...pod({}), metadata: { deletionTimestamp: 'now' } }), false);
});
