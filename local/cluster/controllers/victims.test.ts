import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#platform/kube/resources.ts';
import { byDeletionOrder } from './victims.ts';

const NOW = Date.parse('2026-05-01T12:00:00Z');
const ago = (seconds: number): string => new Date(NOW - seconds * 1_000).toISOString();

interface Traits {
  node?: string;
  phase?: string;
  readyFor?: number;
  cost?: string;
  restarts?: number;
  age?: number;
}

function aPod(
  name: string,
  { node = 'local', phase = 'Running', readyFor = 100, cost, restarts = 0, age = 200 }: Traits = {},
): Pod {
  const annotations = cost === undefined ? {} : { 'controller.kubernetes.io/pod-deletion-cost': cost };
  const ready = { type: 'Ready', status: readyFor < 0 ? 'False' : 'True', lastTransitionTime: ago(readyFor) };
  const container = { name: 'a', image: '', imageID: '', ready: true, restartCount: restarts };
  return {
    metadata: { name, uid: name, annotations, creationTimestamp: ago(age) },
    spec: { nodeName: node, containers: [] },
    status: { phase, conditions: [ready], containerStatuses: [container] },
  };
}

const order = (...pods: Pod[]): (string | undefined)[] => byDeletionOrder(pods, NOW).map((pod) => pod.metadata?.name);

test('pods without a node, pending, not ready, and cheap ones go first, in this order', () => {
  const pods = [
    aPod('dear', { cost: '10' }),
    aPod('plain'),
    aPod('cheap', { cost: '-5' }),
    aPod('unready', { readyFor: -1 }),
    aPod('pending', { phase: 'Pending', readyFor: -1 }),
    aPod('unassigned', { node: '', phase: 'Pending', readyFor: -1 }),
  ];
  assert.deepEqual(order(...pods), ['unassigned', 'pending', 'unready', 'cheap', 'plain', 'dear']);
});

test('of ready pods the ones that became ready last go first, by powers of two', () => {
  assert.deepEqual(order(aPod('old', { readyFor: 1_000 }), aPod('young', { readyFor: 10 })), ['young', 'old']);
  assert.deepEqual(order(aPod('b', { readyFor: 100 }), aPod('a', { readyFor: 101 })), ['a', 'b']);
});

test('then the ones that restarted more often, then the younger', () => {
  assert.deepEqual(order(aPod('steady'), aPod('shaky', { restarts: 3 })), ['shaky', 'steady']);
  assert.deepEqual(order(aPod('old', { age: 9_000 }), aPod('new', { age: 110 })), ['new', 'old']);
});
