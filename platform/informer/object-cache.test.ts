import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../kube/resources.ts';
import { type Change, ObjectCache } from './object-cache.ts';
import { PackedJson } from './packed-json.ts';

const anObject = (name: string, resourceVersion: string, uid = `uid of ${name}`): KubeObject => ({
  metadata: { namespace: 'a', name, resourceVersion, uid },
});
const told = (changes: Change<KubeObject>[]) =>
  changes.map((c) => `${c.type} ${c.object.metadata?.name}@${c.object.metadata?.resourceVersion}`);

for (const [how, packing] of [
  ['', () => undefined],
  [', packed', () => new PackedJson<KubeObject>()],
] as const) {
  test(`an object is added, then updated, and the same version is no change${how}`, () => {
    const cache = new ObjectCache(packing());
    assert.deepEqual(told(cache.put(anObject('x', '1'))), ['added x@1']);
    assert.deepEqual(told(cache.put(anObject('x', '1'))), []);
    const [change] = cache.put(anObject('x', '2'));
    assert.deepEqual(change, { type: 'updated', object: anObject('x', '2'), before: anObject('x', '1') });
  });

  test(`another object of the same name is a deletion and an addition${how}`, () => {
    const cache = new ObjectCache(packing());
    cache.put(anObject('x', '1', 'first'));
    assert.deepEqual(told(cache.put(anObject('x', '5', 'second'))), ['deleted x@1', 'added x@5']);
  });

  test(`a deletion comes in the last state, and only of what was known${how}`, () => {
    const cache = new ObjectCache(packing());
    cache.put(anObject('x', '1'));
    assert.deepEqual(told(cache.remove(anObject('x', '3'))), ['deleted x@3']);
    assert.deepEqual(told(cache.remove(anObject('x', '3'))), []);
    assert.deepEqual([...cache.each()], []);
  });

  test(`replacing all reports exactly the difference${how}`, () => {
    const cache = new ObjectCache(packing());
    cache.replaceAll([anObject('stays', '1'), anObject('changes', '1'), anObject('goes', '1')]);
    const changes = cache.replaceAll([anObject('stays', '1'), anObject('changes', '2'), anObject('comes', '3')]);
    assert.deepEqual(told(changes), ['deleted goes@1', 'updated changes@2', 'added comes@3']);
    assert.equal(cache.get('a', 'goes'), undefined);
    assert.equal(cache.get('a', 'comes')?.metadata?.resourceVersion, '3');
  });

  test(`objects are named and read by their namespace${how}`, () => {
    const cache = new ObjectCache(packing());
    const other = { metadata: { namespace: 'b', name: 'x', resourceVersion: '1', uid: 'another' } };
    cache.replaceAll([anObject('x', '1'), anObject('y', '1'), other]);
    assert.deepEqual([...cache.each('a')], [anObject('x', '1'), anObject('y', '1')]);
    assert.deepEqual([...cache.each()].length, 3);
    assert.deepEqual(cache.names(), [
      { namespace: 'a', name: 'x' },
      { namespace: 'a', name: 'y' },
      { namespace: 'b', name: 'x' },
    ]);
    assert.deepEqual([cache.has('b', 'x'), cache.has('b', 'y'), cache.has(undefined, 'x')], [true, false, false]);
  });
}
