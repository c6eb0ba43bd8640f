/** Every rendered object is one that the API server takes, checked as strictly as it can. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestServer } from '../../local/cluster/api-server/test-server.ts';
import type { Json, KubeObject } from '../../local/cluster/objects/kind-schema.ts';
import { loadBuiltinKinds } from '../../local/cluster/objects/schema/builtin-kinds.ts';
import { checkTypes, dropUnknownFields } from '../../local/cluster/objects/schema/strict.ts';
import { CASES, type Loose } from './rendered.ts';

let server: TestServer;
/** `apiVersion kind` → the plural under which the server has it. */
const served = new Map<string, string>();

before(async () => {
  server = await TestServer.start();
  for (const { options, objects } of CASES) {
    const namespaces = objects.flatMap(({ metadata }) => metadata.namespace ?? []);
    for (const name of new Set([options.namespace, ...namespaces])) {
      await server.call('POST', '/api/v1/namespaces', { metadata: { name } });
    }
  }
  for (const apiVersion of new Set(CASES.flatMap(({ objects }) => objects.map((one) => one.apiVersion)))) {
    const { body } = await server.get(pathOf(apiVersion));
    for (const { kind, name } of body.resources ?? []) {
      if (!name.includes('/')) served.set(`${apiVersion} ${kind}`, name);
    }
  }
  const all = new Set(CASES.flatMap(({ objects }) => objects.map((one) => `${one.apiVersion} ${one.kind}`)));
  const left = [...all].filter((kind) => !served.has(kind));
  if (left.length > 0) console.log(`not served here, so checked by their schema alone, if at all: ${left.join(', ')}`);
});
after(() => server[Symbol.asyncDispose]());

function pathOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** What is wrong with it, or nothing. */
async function mistakes(object: Loose): Promise<unknown> {
  const { apiVersion, kind, metadata } = object;
  const plural = served.get(`${apiVersion} ${kind}`);
  if (plural === undefined) return schemaMistakes(object);
  const namespace = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  // The accounts are kept: a pod of one that is not there is refused.
  const query = `fieldManager=helm&fieldValidation=Strict${kind === 'ServiceAccount' ? '' : '&dryRun=All'}`;
  const { code, body } = await server.patch(
    `${pathOf(apiVersion)}${namespace}/${plural}/${metadata.name}?${query}`,
    'apply',
    object,
  );
  return code === 201 || code === 200 ? undefined : body.message;
}

/** Of kinds that are not even built in, such as PodMonitor, nothing is known. */
async function schemaMistakes(object: Loose): Promise<unknown> {
  const [version = '', group = ''] = object.apiVersion.split('/').reverse();
  const kind = (await loadBuiltinKinds()).get(group, version, object.kind);
  if (kind === undefined) return undefined;
  checkTypes(kind, object as Json & KubeObject);
  const { unknown } = dropUnknownFields(kind, object);
  return unknown.length === 0 ? undefined : unknown;
}

for (const { name, objects } of CASES) {
  test(`${name}: the API server takes every object`, async () => {
    for (const object of objects) {
      assert.equal(await mistakes(object), undefined, `${object.kind} ${object.metadata.name}`);
    }
  });
}

test('the API server would see a mistake', async () => {
  const [object] = CASES[0]?.objects ?? [];
  assert.match(String(await mistakes({ ...object, spec: { ...object.spec, nonsense: 1 } })), /unknown field|nonsense/);
});
