import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { conditionOf } from '#api/conditions.ts';
import type { FunctionObject } from '#api/function.ts';
import type { KubeObject } from '#platform/kube/resources.ts';
import { createLog } from '#platform/process/log.ts';
import { systemClock } from '#platform/time/clock.ts';
import { ConditionWriter, type ToldFunction } from '../../dispatcher/functions/condition-writer.ts';
import { EmbeddedStore } from '../../dispatcher/store/embedded-store.ts';
import { DEFAULT_LIMITS, type Entry, type FunctionCounts, type Owner } from '../../dispatcher/store/store.ts';
import { DispatcherProcess, Tokens } from './dispatcher-process.ts';
import { READY, Stage } from './operator-stage.ts';

const stage = await Stage.open();
after(() => stage[Symbol.asyncDispose]());
const { kube, namespace } = stage;

const log = createLog({ service: 'test', level: 'error' });
const source = (text: string) => ({ source: { inline: `export default () => ${JSON.stringify(text)};` } });
const hasRevision = ({ status }: FunctionObject) => status?.revision !== undefined;
const asyncOf = (fn: FunctionObject) => fn.status?.conditions?.find(({ type }) => type === 'Async');
const writersOf = ({ metadata }: FunctionObject) => (metadata as KubeObject['metadata'])?.managedFields ?? [];

/** The dispatcher's, with a store that has so many buried. */
function writer(fn: FunctionObject, buried: number): ConditionWriter {
  const { uid, name, resourceVersion } = fn.metadata;
  const owner = { uid, namespace, name };
  const open = { waiting: 0, leased: 0, done: 0, cancelled: 0, openBytes: 0, keptBytes: 0, buriedBytes: 0 };
  const counts: FunctionCounts[] = [{ owner, ...open, buried }];
  const condition = asyncOf(fn) as ToldFunction['condition'];
  const told: ToldFunction = { ...owner, resourceVersion, hasAsync: false, condition };
  const store = {
    counts: async () => counts,
    list: async () => ({ entries: [{ note: 'the function answered 404' } as Entry], cursor: undefined }),
  };
  const made = new ConditionWriter({
    ...{ store, kube, log, clock: systemClock, nowMs: Date.now },
    functions: () => [told],
  });
  made.start();
  return made;
}

test('the condition of the dispatcher stays whatever the operator says, and is never the operator’s', async () => {
  await stage.apply('two', source('one'));
  const made = await stage.function('two', 'has a revision', hasRevision);
  const revision = String(made.status?.revision);
  await using _ = writer(made, 2);
  const told = await stage.function('two', 'says what is buried', (fn) => asyncOf(fn) !== undefined);
  const { status, message } = asyncOf(told) ?? {};
  assert.deepEqual([status, message], ['False', '2 invocations are buried; the last: the function answered 404']);
  await stage.wake(revision);
  await stage.pod('two', revision, READY);
  await stage.function('two', 'is ready', (fn) => conditionOf(fn.status, 'Ready')?.reason === 'Ready');
  await stage.apply('two', source('two'));
  const fn = await stage.function('two', 'has another revision', (now) => now.status?.latestRevision !== revision);
  assert.deepEqual(asyncOf(fn), asyncOf(told));
  assert.equal(conditionOf(fn.status, 'SourceReady')?.status, 'True');
  const owners = writersOf(fn).filter(({ fieldsV1 }) =>
    JSON.stringify(fieldsV1).includes(String.raw`k:{\"type\":\"Async\"}`),
  );
  assert.deepEqual(
    owners.map(({ manager }) => manager),
    ['catnap-dispatcher'],
  );
});

test('what the dispatcher takes back is gone, and nothing else', async () => {
  const before = await stage.function('two', 'says what is buried', (fn) => asyncOf(fn) !== undefined);
  await using _ = writer(before, 0);
  const fn = await stage.function('two', 'says it no more', (now) => asyncOf(now) === undefined);
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

test('what was buried before the dispatcher started is told in the Function', { timeout: 60_000 }, async () => {
  await stage.apply('three', source('one'));
  const { metadata } = await stage.function('three', 'has a revision', hasRevision);
  const owner = { uid: metadata.uid, namespace, name: 'three' };
  const folder = await mkdtemp(join(tmpdir(), 'catnap-conditions-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  await buryOne(join(folder, 'store'), owner, 'the function answered 404');
  const env = { KUBECONFIG: stage.kubeconfig };
  stack.use(await DispatcherProcess.start({ tokens: new Tokens(), folder, env }));
  const fn = await stage.function('three', 'says what is buried', (now) => asyncOf(now) !== undefined);
  assert.equal(asyncOf(fn)?.message, '1 invocation is buried; the last: the function answered 404');
});

async function buryOne(folder: string, owner: Owner, note: string): Promise<void> {
  await mkdir(folder);
  await using store = await EmbeddedStore.open({ path: join(folder, 'invocations.db'), limits: DEFAULT_LIMITS });
  const payload = { head: new Uint8Array(), body: new Uint8Array() };
  await store.enqueue([{ id: '0190b9c4-7e3a-7abc-8def-000000000001', owner, ...payload }]);
  const { entries } = await store.lease(new Map([[owner.uid, 1]]), 30_000);
  await store.settle(entries.map(({ id, epoch }) => ({ id, epoch, outcome: 'buried', note })));
}
