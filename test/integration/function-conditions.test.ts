import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type AsyncCondition, conditionOf } from '#api/conditions.ts';
import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import { API_VERSION, KIND } from '#api/names.ts';
import type { KubeObject, Resource } from '#platform/kube/resources.ts';
import { READY, Stage } from './operator-stage.ts';

const stage = await Stage.open();
after(() => stage[Symbol.asyncDispose]());
const { kube, signal, namespace } = stage;

const FUNCTION: Resource<FunctionObject> = FUNCTIONS;
const BURIED: AsyncCondition = {
  type: 'Async',
  status: 'False',
  reason: 'Buried',
  message: '1 invocation is buried',
  lastTransitionTime: '2026-01-01T00:00:00Z',
};
const source = (text: string) => ({ source: { inline: `export default () => ${JSON.stringify(text)};` } });
const isAsleep = ({ status }: FunctionObject) =>
  conditionOf(status, 'Active')?.status === 'False' && !!status?.revision;
const asyncOf = (fn: FunctionObject) => fn.status?.conditions?.find(({ type }) => type === 'Async');

/** Who wrote what. */
const writersOf = ({ metadata }: FunctionObject) => (metadata as KubeObject['metadata'])?.managedFields ?? [];

/** As the dispatcher does. @param status absent: it takes back what it has said. */
async function say(fn: FunctionObject, status?: { conditions: AsyncCondition[] }): Promise<void> {
  const { name, uid } = fn.metadata;
  const metadata = { namespace, name, uid };
  const object = { apiVersion: API_VERSION, kind: KIND, metadata, ...(status && { status }) };
  await kube.apply(FUNCTION, object, { subresource: 'status', fieldManager: 'catnap-dispatcher', signal });
}

test('a condition of the dispatcher’s stays whatever the operator says, and is never the operator’s', async () => {
  await stage.apply('two', source('one'));
  const made = await stage.function('two', 'is asleep', isAsleep);
  await say(made, { conditions: [BURIED] });
  const revision = String(made.status?.revision);
  await stage.wake(revision);
  await stage.pod('two', revision, READY);
  await stage.function('two', 'is ready', (fn) => conditionOf(fn.status, 'Ready')?.reason === 'Ready');
  await stage.apply('two', source('two'));
  const fn = await stage.function('two', 'has another revision', ({ status }) => status?.latestRevision !== revision);
  assert.deepEqual(asyncOf(fn), BURIED);
  const owners = writersOf(fn).filter(({ fieldsV1 }) =>
    JSON.stringify(fieldsV1).includes(String.raw`k:{\"type\":\"Async\"}`),
  );
  assert.deepEqual(
    owners.map(({ manager }) => manager),
    ['catnap-dispatcher'],
  );
});

test('what the dispatcher takes back is gone, and nothing else', async () => {
  const before = await stage.function('two', 'is said to have buried some', (fn) => asyncOf(fn) !== undefined);
  await say(before);
  const fn = await stage.function('two', 'is said no more to', (now) => asyncOf(now) === undefined);
  assert.deepEqual(fn.status?.conditions?.map(({ type }) => type).sort(), [
    'Active',
    'Ready',
    'RevisionReady',
    'RouteReady',
    'SourceReady',
  ]);
  assert.equal(
    writersOf(fn).some(({ manager }) => manager === 'catnap-dispatcher'),
    false,
  );
});
