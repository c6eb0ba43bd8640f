import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../kind-schema.ts';
import { loadBuiltinKinds } from './builtin-kinds.ts';
import { openApiDocument, openApiV2Document, type ServedKind } from './openapi.ts';

const kinds = await loadBuiltinKinds();
function served(group: string, kind: string, plural: string): ServedKind {
  return { schema: kinds.get(group, 'v1', kind) ?? assert.fail(), plural };
}
const PODS = served('', 'Pod', 'pods');
const DEFINITIONS = served('apiextensions.k8s.io', 'CustomResourceDefinition', 'customresourcedefinitions');

test('a document names its kinds, says how their lists are patched, and is finite', () => {
  const { components } = openApiDocument({ group: '', version: 'v1' }, [PODS]);
  const pod = components.schemas['io.k8s.api.core.v1.Pod'] as JsonObject;
  assert.deepEqual(pod['x-kubernetes-group-version-kind'], [{ group: '', version: 'v1', kind: 'Pod' }]);
  const spec = components.schemas['io.k8s.api.core.v1.PodSpec'] as { properties: JsonObject };
  assert.deepEqual(spec.properties.containers, {
    type: 'array',
    items: { $ref: '#/components/schemas/io.k8s.api.core.v1.Container' },
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    'x-kubernetes-patch-strategy': 'merge',
    'x-kubernetes-patch-merge-key': 'name',
  });
  assert.doesNotThrow(() =>
    JSON.stringify(openApiDocument({ group: 'apiextensions.k8s.io', version: 'v1' }, [DEFINITIONS])),
  );
});

test('every reference leads to a schema of the document', () => {
  const text = JSON.stringify(openApiDocument({ group: '', version: 'v1' }, [PODS]));
  const { components } = JSON.parse(text) as { components: { schemas: JsonObject } };
  const targets = new Set([...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name as string));
  assert.deepEqual(
    [...targets].filter((name) => components.schemas[name] === undefined),
    [],
  );
});

test('a patch may ask for validation of fields and for a dry run', () => {
  const { paths } = openApiDocument({ group: '', version: 'v1' }, [PODS]);
  const { patch } = paths['/api/v1/namespaces/{namespace}/pods/{name}'] as unknown as {
    patch: { parameters: { name: string }[] };
  };
  assert.deepEqual(
    patch.parameters.map(({ name }) => name),
    ['dryRun', 'fieldManager', 'fieldValidation', 'force'],
  );
});

test('the older form has its own references', () => {
  const text = JSON.stringify(openApiV2Document([PODS]));
  assert.match(text, /"#\/definitions\/io\.k8s\.api\.core\.v1\.PodSpec"/);
  assert.doesNotMatch(text, /#\/components/);
});
