import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { AsyncCondition } from '#api/conditions.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { KubeError } from '#platform/kube/error.ts';
import { createLog } from '#platform/process/log.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import type { Entry, FunctionCounts, Owner } from '../store/store.ts';
import { ConditionWriter, type ToldFunction } from './condition-writer.ts';

const T0 = Date.parse('2026-01-01T00:00:00Z');
const log = createLog({ service: 'test', level: 'fatal' });
const NONE = { waiting: 0, leased: 0, done: 0, buried: 0, cancelled: 0, openBytes: 0, keptBytes: 0, buriedBytes: 0 };
const told = (name: string, parts: Partial<ToldFunction> = {}): ToldFunction => ({
  ...{ uid: `uid-${name}`, namespace: 'team', name, resourceVersion: '1', hasAsync: true, condition: undefined },
  ...parts,
});
const countsOf = (owner: Owner, parts: Partial<FunctionCounts>): FunctionCounts => ({ owner, ...NONE, ...parts });

interface Applied {
  atMs: number;
  name: string;
  condition: AsyncCondition | undefined;
}

/** A writer with a store and an API server that the test plays; time passes by `pass` alone. */
function stage() {
  const clock = new TestClock();
  const applied: Applied[] = [];
  const played = {
    functions: [] as ToldFunction[],
    counts: [] as FunctionCounts[],
    note: undefined as string | undefined,
    /** What the API server says to a write, besides yes. */
    refuse: (_name: string): Error | undefined => undefined,
  };
  let version = 100;
  const apply = async (_resource: unknown, object: { metadata: Owner; status?: { conditions: AsyncCondition[] } }) => {
    const { name } = object.metadata;
    const error = played.refuse(name);
    applied.push({ atMs: clock.nowMs(), name, condition: object.status?.conditions[0] });
    if (error !== undefined) throw error;
    version += 1;
    return { metadata: { resourceVersion: String(version) } };
  };
  const store = {
    counts: async (uid?: string) => played.counts.filter(({ owner }) => uid === undefined || owner.uid === uid),
    list: async () => ({ entries: [{ note: played.note } as Entry], cursor: undefined }),
  };
  const writer = new ConditionWriter({
    store,
    functions: () => played.functions,
    kube: { apply } as unknown as KubeClient,
    clock,
    nowMs: () => T0 + clock.nowMs(),
    log,
  });
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      await setImmediate();
      clock.advance(100);
    }
    await setImmediate();
  };
  return { clock, applied, played, writer, pass };
}

test('what has changed is written once, and again when it changes again', async () => {
  const { applied, played, writer, pass } = stage();
  await using _ = writer;
  const fn = told('mail');
  played.functions = [fn];
  writer.start();
  await pass(30_000);
  assert.deepEqual(
    applied.map(({ condition }) => condition?.reason),
    ['NothingBuried'],
  );
  played.counts = [countsOf(fn, { buried: 2, waiting: 5 })];
  played.note = 'the function answered 404';
  await pass(10_000);
  assert.equal(applied[1]?.condition?.message, '2 invocations are buried; the last: the function answered 404');
  await pass(60_000);
  assert.equal(applied.length, 2);
});

test('what the watch shows counts as soon as it is newer than what was written', async () => {
  const { applied, played, writer, pass } = stage();
  await using _ = writer;
  played.functions = [told('mail')];
  writer.start();
  await pass(1_000);
  // Taken away by another.
  played.functions = [told('mail', { resourceVersion: '200' })];
  await pass(10_000);
  assert.equal(applied.length, 2);
});

test('it is taken back where the function has no more to do with stored work', async () => {
  const { applied, played, writer, pass } = stage();
  await using _ = writer;
  const condition: AsyncCondition = {
    ...{ type: 'Async', status: 'True', reason: 'NothingBuried', message: 'no invocation is buried' },
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  played.functions = [told('mail', { hasAsync: false, condition }), told('other', { hasAsync: false })];
  writer.start();
  await pass(30_000);
  assert.deepEqual(
    applied.map(({ name, condition: said }) => [name, said]),
    [['mail', undefined]],
  );
});

test('runs of a Trigger come and go without a word in a function that has no spec.async', async () => {
  const { applied, played, writer, pass } = stage();
  await using _ = writer;
  const fn = told('nightly', { hasAsync: false });
  played.functions = [fn];
  played.counts = [countsOf(fn, { waiting: 1, leased: 1 })];
  writer.start();
  await pass(30_000);
  played.counts = [countsOf(fn, { done: 2 })];
  await pass(30_000);
  assert.deepEqual(applied, []);
});

test('at most five are written in a second', async () => {
  const { applied, played, writer, pass } = stage();
  await using _ = writer;
  played.functions = Array.from({ length: 40 }, (_, index) => told(`f${index}`));
  writer.start();
  await pass(20_000);
  assert.equal(applied.length, 40);
  for (const { atMs } of applied)
    assert.ok(applied.filter((other) => other.atMs >= atMs && other.atMs < atMs + 1_000).length <= 5);
});

test('a function that is refused, or gone, holds up no other', async () => {
  const { applied, played, writer, pass } = stage();
  await using _ = writer;
  played.functions = [told('forbidden'), told('gone'), told('mail')];
  played.refuse = (name) =>
    ({ forbidden: new KubeError(403, 'Forbidden', 'no'), gone: new KubeError(404, 'NotFound', 'no') })[name];
  writer.start();
  await pass(1_000);
  assert.deepEqual(
    applied.map(({ name }) => name),
    ['forbidden', 'gone', 'mail'],
  );
});

test('an API server that does not answer is asked once in a round, until it does', async () => {
  const { applied, played, writer, pass } = stage();
  await using _ = writer;
  played.functions = [told('one'), told('two')];
  played.refuse = () => new KubeError(0, 'NoAnswer', 'no');
  writer.start();
  await pass(9_000);
  assert.equal(applied.length, 1);
  played.refuse = () => undefined;
  await pass(12_000);
  assert.deepEqual(
    applied.slice(1).map(({ name }) => name),
    ['one', 'two'],
  );
});

test('after its end nothing is written', async () => {
  const { clock, applied, played, writer, pass } = stage();
  writer.start();
  await pass(1_000);
  await writer[Symbol.asyncDispose]();
  played.functions = [told('mail')];
  await pass(20_000);
  assert.deepEqual([applied, clock.pending], [[], 0]);
});
