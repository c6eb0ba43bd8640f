import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createLog } from '#platform/process/log.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import type { CompileBounds, CompileJob } from './compile-folder.ts';
import type { Outcome } from './compile-outcome.ts';
import { Compiler, type Wanted } from './compiler.ts';
import { SourceError } from './source-error.ts';

const log = createLog({ service: 'test', level: 'fatal' });
const LIMITS = { cpuSeconds: 5, wallSeconds: 30 };

/** A compiler whose compiles end when the test says so. */
function stage() {
  const clock = new TestClock();
  const running: { text: string; end: (outcome: Outcome | Error) => Promise<void> }[] = [];
  const seconds: number[] = [];
  const begun: string[] = [];
  const done: string[] = [];
  const compile = ({ source }: CompileJob, { cpuSeconds, signal }: CompileBounds) =>
    new Promise<Outcome>((resolve, reject) => {
      seconds.push(cpuSeconds);
      signal.addEventListener('abort', () => {
        running.shift();
        reject(signal.reason);
      });
      const text = source.files[source.entry] ?? '';
      begun.push(text);
      const end = async (outcome: Outcome | Error) => {
        running.shift();
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
        await turn();
      };
      running.push({ text, end });
    });
  const compiler = new Compiler({ compile, limits: LIMITS, onDone: (key) => done.push(key), log, clock });
  const ask = (key: string, text: string) => compiler.compiled(wanted(key, text));
  const end = async (outcome: Outcome | Error) => {
    await turn();
    assert.equal(running.length, 1);
    await running[0]?.end(outcome);
  };
  return { clock, compiler, ask, end, begun, done, seconds };
}

function wanted(key: string, text: string): Wanted {
  const [namespace = ''] = key.split('/');
  const handler = { handler: 'default', signature: 'auto' } as const;
  const load = async () => (text === 'changed' ? undefined : { files: { a: text }, entry: 'a' });
  return { uid: key, key, namespace, sourceHash: text, load, handler };
}

const COMPILED = { chunks: ['text:1'], map: [], notes: [] };
const MADE: Outcome = { kind: 'made', ...COMPILED };

test('a result is there once it is told of', async () => {
  const { ask, end, done } = stage();
  assert.equal(ask('n/a', '1'), undefined);
  assert.equal(ask('n/a', '1'), undefined);
  await end(MADE);
  assert.deepEqual(done, ['n/a']);
  assert.deepEqual(ask('n/a', '1'), COMPILED);
});

test('one is compiled at a time, and namespaces take turns', async () => {
  const { ask, end, begun } = stage();
  for (const n of [1, 2, 3, 4]) ask(`bad/${n}`, `bad${n}`);
  ask('good/1', 'good');
  await end({ kind: 'ended', by: 'cpu' });
  await end(MADE);
  assert.deepEqual(begun.slice(0, 3), ['bad1', 'good', 'bad2']);
});

test('of a function that changes only the newest source is compiled', async () => {
  const { ask, end, begun, done } = stage();
  ask('n/other', 'other');
  ask('n/a', '1');
  ask('n/a', '2');
  ask('n/a', '3');
  await end(MADE);
  await end(MADE);
  assert.deepEqual(begun, ['other', '3']);
  assert.deepEqual(done, ['n/other', 'n/a']);
});

test('a source that is replaced while it is compiled has no result', async () => {
  const { ask, end, done } = stage();
  ask('n/a', '1');
  ask('n/a', '2');
  await end(MADE);
  assert.deepEqual(done, []);
  await end(MADE);
  assert.deepEqual(done, ['n/a']);
  assert.notEqual(ask('n/a', '2'), undefined);
});

test('what waits for a deleted function is not compiled', async () => {
  const { ask, end, begun, compiler } = stage();
  ask('n/other', 'other');
  ask('n/a', '1');
  compiler.forget('n/a');
  await end(MADE);
  assert.deepEqual(begun, ['other']);
});

test('equal sources are compiled once', async () => {
  const { ask, end, begun, done } = stage();
  for (const key of ['a/1', 'b/1', 'a/2']) ask(key, 'same');
  await end(MADE);
  assert.deepEqual(begun, ['same']);
  assert.deepEqual(done.toSorted(), ['a/1', 'a/2', 'b/1']);
});

test('a refusal and an end by processor time are for good', async () => {
  const { ask, end } = stage();
  ask('n/a', '1');
  await end({ kind: 'refused', error: new SourceError('CompileFailed', 'wrong') });
  assert.match(String((ask('n/a', '1') as { error: SourceError }).error), /wrong/);
  ask('n/b', '2');
  await end({ kind: 'ended', by: 'cpu' });
  await end({ kind: 'ended', by: 'cpu' });
  assert.match(String((ask('n/b', '2') as { error: SourceError }).error), /5 s of processor time/);
});

for (const by of ['memory', 'time'] as const) {
  test(`an end by ${by} is tried twice more, after a while, beside others`, async () => {
    const { ask, end, clock, begun } = stage();
    ask('n/a', '1');
    await end({ kind: 'ended', by });
    ask('n/b', '2');
    await end(MADE);
    assert.deepEqual(begun, ['1', '2']);
    clock.advance(5_000);
    await end({ kind: 'ended', by });
    clock.advance(29_999);
    assert.equal(begun.length, 3);
    clock.advance(1);
    await turn();
    await end({ kind: 'ended', by });
    assert.match(String((ask('n/a', '1') as { error: SourceError }).error), /CompileFailed|compiling the source/);
    clock.advance(1e6);
    assert.equal(begun.length, 4);
  });
}

test('while no bundler answers it is tried again and again, and nothing is said of the source', async () => {
  const { ask, end, clock } = stage();
  ask('n/a', '1');
  for (let i = 0; i < 10; i++) {
    await end(new Error('nobody is there'));
    clock.advance(30_000);
  }
  await end(MADE);
  assert.deepEqual(ask('n/a', '1'), COMPILED);
});

test('a source that has changed since it was asked for is not compiled, and looked at again', async () => {
  const { ask, end, begun, done } = stage();
  ask('n/a', 'changed');
  ask('n/b', '1');
  await end(MADE);
  assert.deepEqual(begun, ['1']);
  assert.deepEqual(done, ['n/a', 'n/b']);
});

test('a source that takes more than a first try may is tried for longer, after the first tries of others', async () => {
  const { ask, end, begun, seconds } = stage();
  for (const n of [1, 2]) ask(`bad/${n}`, `bad${n}`);
  await end({ kind: 'ended', by: 'cpu' });
  await end({ kind: 'ended', by: 'cpu' });
  ask('bad/3', 'bad3');
  await end(MADE);
  await end(MADE);
  await end(MADE);
  assert.deepEqual(begun, ['bad1', 'bad2', 'bad1', 'bad3', 'bad2']);
  assert.deepEqual(seconds, [1, 1, 5, 1, 5]);
});

test('a long try is broken off for a first try of another namespace, three times at most', async () => {
  const { ask, end, begun } = stage();
  ask('bad/1', 'bad');
  await end({ kind: 'ended', by: 'cpu' });
  await turn();
  for (const n of [1, 2, 3]) {
    ask(`good/${n}`, `good${n}`);
    await turn();
    await end(MADE);
    await turn();
  }
  ask('good/4', 'good4');
  ask('bad/2', 'other');
  await end(MADE);
  await end(MADE);
  await end(MADE);
  assert.deepEqual(begun, ['bad', 'bad', 'good1', 'bad', 'good2', 'bad', 'good3', 'bad', 'good4', 'other']);
});
