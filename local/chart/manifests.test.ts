import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hooksOf, membersOf, type RenderedObject, renderedObjects } from './manifests.ts';

const object = (kind: string, name: string, annotations = '') =>
  `---\napiVersion: v1\nkind: ${kind}\nmetadata: { name: ${name}, annotations: { ${annotations} } }\n`;
const hook = (kind: string, name: string, weight: number) =>
  object(kind, name, `helm.sh/hook: "pre-install, pre-upgrade", helm.sh/hook-weight: "${weight}"`);
const rendered = (...documents: string[]) => renderedObjects(new Map([['templates/t.yaml', documents.join('')]]));
const names = (objects: readonly RenderedObject[]) => objects.map((one) => one.object.metadata?.name);

test('kinds come in the order in which Helm installs them, unknown ones last by name', () => {
  const objects = rendered(
    object('Zebra', 'z'),
    object('Ant', 'a'),
    object('Deployment', 'd'),
    object('ServiceAccount', 's'),
    object('ClusterRole', 'c'),
    object('Service', 'v2'),
    object('Service', 'v1'),
  );
  assert.deepEqual(names(objects), ['s', 'c', 'v2', 'v1', 'd', 'a', 'z']);
});

test('hooks come by weight, then by name, and are no members', () => {
  const objects = rendered(
    hook('Job', 'j', 0),
    hook('Role', 'b', -5),
    hook('ServiceAccount', 'a', -5),
    object('Pod', 'p'),
  );
  assert.deepEqual(names(hooksOf(objects, 'pre-upgrade')), ['a', 'b', 'j']);
  assert.deepEqual(hooksOf(objects, 'pre-delete'), []);
  assert.deepEqual(names(membersOf(objects)), ['p']);
});

test('a hook without a policy of its own is deleted before the next', () => {
  assert.deepEqual(rendered(hook('Job', 'j', 0))[0]?.deletePolicies, ['before-hook-creation']);
});

test('documents without content are left out, and what is no object is an error with its template', () => {
  assert.deepEqual(rendered('---\n# nothing\n', '---\n'), []);
  assert.throws(
    () => rendered('---\nkind: Pod\nmetadata: { name: p }\n'),
    /templates\/t\.yaml: an object without apiVersion/,
  );
  assert.throws(() => rendered('---\na: b: c\n'), /templates\/t\.yaml: not YAML/);
  assert.throws(() => rendered('---\na: 1\na: 2\n'), /templates\/t\.yaml: not YAML/);
});
