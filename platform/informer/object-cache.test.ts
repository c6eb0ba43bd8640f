import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../kube/resources.ts';
import { type Change, ObjectCache } from './object-cache.ts';

const anObject = (name: string, resourceVersion: string, uid = `uid of ${name}`): KubeObject => ({
  metadata: { namespace: 'a', name, resourceVersion, uid },
});
const told = (changes: Change<KubeObject>[]) =>
  changes.map((c) => `${c.type} ${c.object.metadata?.name}@${c.object.metadata?.resourceVersion}`);

test('an object is added, then updated, and the same version is no change', () => {
  const cache = new ObjectCache();
  assert.deepEqual(told(cache.put(anObject('x', '1'))), ['added x@1']);
  assert.deepEqual(told(cache.put(anObject('x', '1'))), []);
  const [change] = cache.put(anObject('x', '2'));
  assert.deepEqual(change, { type: 'updated', object: anObject('x', '2'), before: anObject('x', '1') });
});

test('another object of the same name is a deletion and an addition', () => {
  const cache = new ObjectCache();
  cache.put(anObject('x', '1', 'first'));
  assert.deepEqual(told(cache.put(anObject('x', '5', 'second'))), ['deleted x@1', 'added x@5']);
});

test('a deletion comes in the last state, and only of what was known', () => {
  const cache = new ObjectCache();
  cache.put(anObject('x', '1'));
  assert.deepEqual(told(cache.remove(anObject('x', '3'))), ['deleted x@3']);
  assert.deepEqual(told(cache.remove(anObject('x', '3'))), []);
  assert.deepEqual(cache.list(), []);
});

test('replacing all reports exactly the difference', () => {
  const cache = new ObjectCache();
  cache.replaceAll([anObject('stays', '1'), anObject('changes', '1'), anObject('goes', '1')]);
  const changes = cache.replaceAll([anObject('stays', '1'), anObject('changes', '2'), anObject('comes', '3')]);
  assert.deepEqual(told(changes), ['deleted goes@1', 'updated changes@2', 'added comes@3']);
  assert.equal(cache.get('a', 'goes'), undefined);
  assert.equal(cache.get('a', 'comes')?.metadata?.resourceVersion, '3');
});
