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
    const answer = await world.call(url, file === 'cloudevent.yaml' ? EVENT : { path: '/?name=you' });
    assert.equal(answer.text, text);
    assert.equal(answer.status, 200);
  });
}
