import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG_MAPS, type OwnerReference } from '#platform/kube/resources.ts';
import { OwnerGraph, type OwnerState, verdict } from './owner-graph.ts';

const owner = (uid: string, blockOwnerDeletion = true): OwnerReference => ({
  apiVersion: 'v1',
  kind: 'X',
  name: uid,
  uid,
  blockOwnerDeletion,
});
const judge = (owners: OwnerReference[], states: Record<string, OwnerState>, hasDependents = false) =>
  verdict(owners, new Map(Object.entries(states)), hasDependents);

test('an object without owners, or with all of them, stays', () => {
  assert.deepEqual(judge([], {}), { action: 'keep' });
  assert.deepEqual(judge([owner('a')], { a: 'present' }), { action: 'keep' });
});

test('without its last owner it goes', () => {
  assert.deepEqual(judge([owner('a')], { a: 'absent' }), { action: 'delete', propagation: 'Background' });
});

test('of several owners only the absent ones are struck out', () => {
  assert.deepEqual(judge([owner('a'), owner('b')], { a: 'absent', b: 'present' }), { action: 'unlink', uids: ['a'] });
});

test('an owner that waits for it takes it along in the foreground', () => {
  assert.deepEqual(judge([owner('a')], { a: 'waiting' }, true), { action: 'delete', propagation: 'Foreground' });
  assert.deepEqual(judge([owner('a')], { a: 'waiting' }), { action: 'delete', propagation: 'Background' });
});

test('the graph follows changed and removed references', () => {
  const graph = new OwnerGraph();
  const put = (uid: string, owners: OwnerReference[]) =>
    graph.put({ resource: CONFIG_MAPS, object: { metadata: { uid, ownerReferences: owners } } });
  put('child', [owner('a')]);
  assert.equal(graph.dependents('a').length, 1);
  put('child', [owner('b')]);
  assert.deepEqual([graph.dependents('a').length, graph.dependents('b').length], [0, 1]);
  graph.remove('child');
  assert.deepEqual(graph.dependents('b'), []);
});
