import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FunctionObject } from '#api/function.ts';
import { WorkQueue } from '#platform/controller/work-queue.ts';
import { silentLog } from '#platform/testing/scripted-api-server.ts';
import { until } from '#platform/testing/until.ts';
import { aFunction } from '../testing/builders.ts';
import { TestView } from '../testing/view.ts';
import { followFunctions, urgencyOf } from './follow-functions.ts';

const nothing = () => undefined;

function aFunctionOf(name: string, metadata: Partial<FunctionObject['metadata']> = {}): FunctionObject {
  const fn = aFunction({}, { name });
  return { ...fn, metadata: { ...fn.metadata, ...metadata } };
}

function aViewOf(functions: readonly FunctionObject[]): TestView<FunctionObject> {
  const view = new TestView<FunctionObject>();
  for (const fn of functions) view.put(fn);
  return view;
}

/** Runs take a while, in which the event loop has its turn; the keys in the order of their runs. */
function aRunning(runs: string[]): WorkQueue {
  const run = async (key: string) => {
    runs.push(key);
    return new Promise<undefined>((resolve) => setTimeout(resolve, 5, undefined));
  };
  return new WorkQueue({ name: 'functions', run, log: silentLog, paused: true, concurrency: 4 });
}

test('an edit during a start of 5,000 Functions is worked on within a second', async () => {
  const functions = Array.from({ length: 5_000 }, (_, i) => aFunctionOf(`fn-${i}`));
  const view = aViewOf(functions);
  const runs: string[] = [];
  await using queue = aRunning(runs);
  void followFunctions(view, { queue, onCame: nothing, onGone: nothing });
  await until(() => runs.length >= 20, 'twenty ran');
  const before = functions.at(-1) as FunctionObject;
  const { name, namespace } = before.metadata;
  // Thousands are before it.
  assert.equal(runs.includes(`${namespace}/${name}`), false);
  const editedAtMs = performance.now();
  view.put(aFunctionOf(name, { generation: 2, resourceVersion: '2' }));
  await until(() => runs.includes(`${namespace}/${name}`), 'the edited one ran');
  const tookMs = performance.now() - editedAtMs;
  assert.ok(tookMs < 1_000, `${tookMs} ms`);
  assert.ok(queue.depth > 4_000, `${queue.depth} wait`);
});

test('a start goes through the Functions from the oldest to the youngest, each once', async () => {
  const view = aViewOf([
    aFunctionOf('young', { creationTimestamp: '2026-01-03T00:00:00Z' }),
    aFunctionOf('b', { creationTimestamp: '2026-01-02T00:00:00Z' }),
    aFunctionOf('a', { creationTimestamp: '2026-01-02T00:00:00Z' }),
    aFunctionOf('old', { creationTimestamp: '2026-01-01T00:00:00Z' }),
  ]);
  const runs: string[] = [];
  await using queue = aRunning(runs);
  await followFunctions(view, { queue, onCame: () => assert.fail('it was there'), onGone: nothing });
  await queue.idle();
  assert.deepEqual(runs, ['default/old', 'default/a', 'default/b', 'default/young']);
});

test('what comes while those that are there are read is worked on before them', async () => {
  const view = aViewOf([aFunctionOf('young', { creationTimestamp: '2026-01-03T00:00:00Z' }), aFunctionOf('old')]);
  const runs: string[] = [];
  const came: string[] = [];
  await using queue = aRunning(runs);
  const started = followFunctions(view, { queue, onCame: ({ metadata }) => came.push(metadata.name), onGone: nothing });
  view.put(aFunctionOf('newest', { creationTimestamp: '2026-01-04T00:00:00Z' }));
  await started;
  await queue.idle();
  assert.deepEqual(runs, ['default/newest', 'default/old', 'default/young']);
  assert.deepEqual(came, ['newest']);
});

test('of one that goes others hear, and it is worked on', async () => {
  const view = aViewOf([aFunctionOf('a')]);
  const runs: string[] = [];
  const gone: string[] = [];
  await using queue = aRunning(runs);
  await followFunctions(view, { queue, onCame: nothing, onGone: ({ metadata }) => gone.push(metadata.name) });
  await queue.idle();
  view.remove(aFunctionOf('a'));
  await queue.idle();
  assert.deepEqual([runs, gone], [['default/a', 'default/a'], ['a']]);
});

test('what a person did is urgent, a status that was written is not', () => {
  const before = aFunctionOf('hello', { generation: 1 });
  const updated = (object: FunctionObject) => urgencyOf({ type: 'updated', before, object });
  assert.equal(urgencyOf({ type: 'added', object: before }), 'high');
  assert.equal(urgencyOf({ type: 'deleted', object: before }), 'high');
  assert.equal(updated(aFunctionOf('hello', { generation: 2 })), 'high');
  assert.equal(updated(aFunctionOf('hello', { generation: 1, deletionTimestamp: '2026-01-02T00:00:00Z' })), 'high');
  assert.equal(updated({ ...before, status: { revision: 'hello-1' } }), 'normal');
});
