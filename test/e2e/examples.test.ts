import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import type { FunctionObject } from '#api/function.ts';
import { KIND } from '#api/names.ts';
import { CONFIG_MAPS, type KubeObject, type Resource, SECRETS } from '#platform/resources.ts';
import { useSystem } from '../support/system.ts';
import { FUNCTION } from '../support/world.ts';

const system = useSystem();
const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples');
const KINDS: Record<string, Resource> = { ConfigMap: CONFIG_MAPS, Secret: SECRETS, Function: FUNCTION as Resource };

/** What each example answers to `/?name=you`. */
const ANSWERS: Record<string, string> = {
  'configmap.yaml': '{"greeting":"good morning"}',
  'files.yaml': 'Hello, you!\n',
  'hello.yaml': '{"hello":"you"}',
  'secrets.yaml': '{"keyEndsWith":"1234"}',
  'stream.yaml': 'data: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\ndata: 5\n\n',
};

test('each example has an answer that is checked', () => {
  assert.deepEqual(readdirSync(EXAMPLES).sort(), Object.keys(ANSWERS));
});

for (const [file, text] of Object.entries(ANSWERS)) {
  test(`examples/${file} answers`, async () => {
    await using world = await system.world();
    const objects = parseAllDocuments(readFileSync(join(EXAMPLES, file), 'utf8')).map((d) => d.toJS() as KubeObject);
    for (const object of objects) {
      const metadata = { ...object.metadata, namespace: world.namespace };
      await world.put(KINDS[String(object.kind)] as Resource, { ...object, metadata });
    }
    const fn = objects.find((o) => o.kind === KIND) as FunctionObject;
    const url = String((await world.ready(fn.metadata.name)).status?.url);
    const answer = await world.call(url, { path: '/?name=you' });
    assert.equal(answer.text, text);
    assert.equal(answer.status, 200);
  });
}
