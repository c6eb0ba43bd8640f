import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LABEL } from '#api/names.ts';
import type { KubeObject } from '#platform/kube/resources.ts';
import { TestView } from '../testing/view.ts';
import { FunctionIndex } from './child-index.ts';

const child = (name: string, of: string, resourceVersion = '1'): KubeObject => ({
  metadata: { namespace: 'shop', name, uid: `uid-${name}`, resourceVersion, labels: { [LABEL.function]: of } },
});

function anIndex() {
  const view = new TestView<KubeObject>();
  const heard: string[] = [];
  return { view, heard, index: new FunctionIndex(view, (key) => heard.push(key)) };
}
const names = (objects: readonly KubeObject[]) => objects.map(({ metadata }) => metadata?.name);

test('objects are found by the function that they carry the label of, in their newest state', () => {
  const { view, heard, index } = anIndex();
  view.put(child('a-1', 'a'));
  view.put(child('a-2', 'a'));
  view.put(child('b-1', 'b'));
  view.put(child('a-1', 'a', '7'));
  assert.deepEqual(names(index.of('shop/a')).toSorted(), ['a-1', 'a-2']);
  assert.equal(index.get('shop/a', 'a-1')?.metadata?.resourceVersion, '7');
  assert.equal(index.get('shop/a', 'b-1'), undefined);
  assert.deepEqual(heard, ['shop/a', 'shop/a', 'shop/b', 'shop/a']);
  view.remove(child('a-2', 'a'));
  view.remove(child('b-1', 'b'));
  assert.deepEqual([names(index.of('shop/a')), names(index.of('shop/b'))], [['a-1'], []]);
});

test('one whose label changes is the other function’s from then on', () => {
  const { view, index } = anIndex();
  view.put(child('x', 'a'));
  view.put(child('x', 'b', '2'));
  assert.deepEqual([names(index.of('shop/a')), names(index.of('shop/b'))], [[], ['x']]);
});
