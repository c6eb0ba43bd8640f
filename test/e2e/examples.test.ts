import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import type { FunctionObject } from '#api/function.ts';
import { KIND } from '#api/names.ts';
import { CONFIG_MAPS, type KubeObject, type Resource, SECRETS } from '#platform/kube/resources.ts';
import { useSystem } from '../support/system.ts';
import { FUNCTION, type World } from '../support/world.ts';

const system = useSystem();
const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples');
const KINDS: Record<string, Resource> = { ConfigMap: CONFIG_MAPS, Secret: SECRETS, Function: FUNCTION as Resource };

const EVENT = {
  method: 'POST',
  headers: {
    'ce-id': '1',
    'ce-source': '//pubsub.googleapis.com/projects/p/topics/t',
    'ce-specversion': '1.0',
    'ce-type': 'google.cloud.pubsub.topic.v1.messagePublished',
    'content-type': 'application/json',
  },
  body: JSON.stringify({ message: { data: Buffer.from('you').toString('base64') } }),
} as const;

/** What each example answers to `/?name=you`, or to the event. */
const ANSWERS: Record<string, string> = {
  'cloudevent.yaml': 'google.cloud.pubsub.topic.v1.messagePublished says: Hello, you!',
  'configmap.yaml': '{"greeting":"good morning"}',
  'files.yaml': 'Hello, you!\n',
  'functions-framework.yaml': 'Hello you!',
  'hello.yaml': '{"hello":"you"}',
  'http.yaml': '{"hello":"you"}',
  'lambda-stream.yaml': 'one\ntwo\nthree\n',
  'lambda.yaml': '{"message":"Hello you from lambda!"}',
  'secrets.yaml': '{"keyEndsWith":"1234"}',
  'stream.yaml': 'data: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\ndata: 5\n\n',
  'websocket.yaml': 'Hello you, connect with a WebSocket!',
  'workers.yaml': 'Hello you!',
};

test('examples/webhook takes what is signed with its Secret', async () => {
  await using world = await system.world();
  const read = (name: string) => readFileSync(join(EXAMPLES, 'webhook', name), 'utf8');
  await world.configMap('webhook', { 'index.ts': read('index.ts') });
  const url = await applied(world, read('function.yaml'));
  const body = JSON.stringify({ id: 'o-1', cents: 1200 });
  const signature = createHmac('sha256', 'whsec_1234').update(body).digest('hex');
  const headers = { 'x-request-id': 'r-1', 'x-signature': signature };
  const taken = await world.call(url, { method: 'POST', body, headers });
  assert.deepEqual([taken.status, taken.text], [200, '{"accepted":"r-1"}']);
  const refused = await world.call(url, { method: 'POST', body: `${body} `, headers });
  assert.deepEqual([refused.status, refused.text], [401, 'the signature is wrong']);
});

/** Applies a manifest, and resolves with its function's address once it is ready. */
async function applied(world: World, manifest: string): Promise<string> {
  const objects = parseAllDocuments(manifest).map((document) => document.toJS() as KubeObject);
  for (const object of objects) {
    const metadata = { ...object.metadata, namespace: world.namespace };
    await world.put(KINDS[String(object.kind)] as Resource, { ...object, metadata });
  }
  const fn = objects.find((o) => o.kind === KIND) as FunctionObject;
  return String((await world.ready(fn.metadata.name)).status?.url);
}

test('each example has an answer that is checked', () => {
  const manifests = readdirSync(EXAMPLES).filter((name) => name.endsWith('.yaml'));
  assert.deepEqual(manifests.sort(), Object.keys(ANSWERS));
});

for (const [file, text] of Object.entries(ANSWERS)) {
  test(`examples/${file} answers`, async () => {
    await using world = await system.world();
    const url = await applied(world, readFileSync(join(EXAMPLES, file), 'utf8'));
    const answer = await world.call(url, file === 'cloudevent.yaml' ? EVENT : { path: '/?name=you' });
    assert.equal(answer.text, text);
    assert.equal(answer.status, 200);
  });
}
