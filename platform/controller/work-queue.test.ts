// Longer than 250 lines: one table of what keys do in a queue, by one clock.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../testing/scripted-api-server.ts';
import { TestClock } from '../testing/test-clock.ts';
import { until } from '../testing/until.ts';
import { type Outcome, WorkQueue, type WorkQueueOptions } from './work-queue.ts';

/** All that can go on without time or I/O has gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Lets time pass, and what fell due go on. */
async function pass(clock: TestClock, ms: number): Promise<void> {
  clock.advance(ms);
  await settled();
}

/** A queue whose runs are noted in `runs` and end when the test says so. */
function aQueue(options: Partial<WorkQueueOptions> = {}) {
  const clock = new TestClock();
  const runs: string[] = [];
  const ends: ((outcome?: Outcome | Error) => void)[] = [];
  const run = (key: string) => {
    runs.push(key);
    return new Promise<Outcome | undefined>((resolve, reject) => {
      ends.push((outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)));
    });
  };
  const queue = new WorkQueue({ name: 'q', run, log: silentLog, clock, random: () => 0.999_999, ...options });
  return {
    queue,
    clock,
    runs,
    /** Ends the oldest run. */
    async end(outcome?: Outcome | Error) {
      ends.shift()?.(outcome);
      await settled();
    },
  };
}

test('keys run in the order of their arrival, as many at once as allowed', async () => {
  const { queue, runs, end } = aQueue({ concurrency: 2 });
  queue.add('a');
  queue.add('b');
  queue.add('c');
  await settled();
  assert.deepEqual(runs, ['a', 'b']);
  assert.equal(queue.depth, 1);
  await end();
  assert.deepEqual(runs, ['a', 'b', 'c']);
});

test('a key that waits is not added twice', async () => {
  const { queue, runs, end } = aQueue({ concurrency: 1 });
  queue.add('a');
  await settled();
  queue.add('b');
  queue.add('b');
  await end();
  await end();
  assert.deepEqual(runs, ['a', 'b']);
});

test('a key that is added while it runs runs once more afterwards, never twice at once', async () => {
  const { queue, runs, end } = aQueue({ concurrency: 4 });
  queue.add('a');
  await settled();
  queue.add('a');
  queue.add('a');
  await settled();
  assert.deepEqual(runs, ['a']);
  await end();
  assert.deepEqual(runs, ['a', 'a']);
  await end();
  assert.deepEqual(runs, ['a', 'a']);
});

test('a key that waits for its own run does not keep others from running', async () => {
  const { queue, runs } = aQueue({ concurrency: 2 });
  queue.add('a');
  await settled();
  queue.add('a');
  queue.add('b');
  await settled();
  assert.deepEqual(runs, ['a', 'b']);
});

test('of two delays the shorter one counts, whichever came first', async () => {
  const { queue, clock, runs } = aQueue();
  queue.addAfter('a', 1_000);
  queue.addAfter('a', 300);
  queue.addAfter('a', 2_000);
  await pass(clock, 299);
  assert.deepEqual(runs, []);
  await pass(clock, 1);
  assert.deepEqual(runs, ['a']);
  await pass(clock, 5_000);
  assert.deepEqual(runs, ['a']);
});

test('an add ends a delay', async () => {
  const { queue, clock, runs, end } = aQueue();
  queue.addAfter('a', 1_000);
  queue.add('a');
  await settled();
  await end();
  await pass(clock, 5_000);
  assert.deepEqual(runs, ['a']);
});

test('a run that asks for it is repeated after its time', async () => {
  const { queue, clock, runs, end } = aQueue();
  queue.add('a');
  await settled();
  await end({ againInMs: 5_000 });
  await pass(clock, 4_999);
  assert.deepEqual(runs, ['a']);
  await pass(clock, 1);
  assert.deepEqual(runs, ['a', 'a']);
});

test('a key that fails is tried again after a delay that grows, and starts over after a success', async () => {
  const { queue, clock, runs, end } = aQueue({ backoffBaseMs: 100, backoffMaxMs: 300 });
  queue.add('a');
  await settled();
  await end(new Error('1'));
  await pass(clock, 100);
  await end(new Error('2'));
  await pass(clock, 199);
  assert.equal(runs.length, 2);
  await pass(clock, 1);
  await end(new Error('3'));
  await pass(clock, 300);
  assert.equal(runs.length, 4);
  await end();
  queue.add('a');
  await settled();
  await end(new Error('1 again'));
  await pass(clock, 100);
  assert.equal(runs.length, 6);
});

test('one key that fails does not delay another', async () => {
  const { queue, runs, end } = aQueue({ concurrency: 1 });
  queue.add('a');
  queue.add('b');
  await settled();
  await end(new Error('bad'));
  assert.deepEqual(runs, ['a', 'b']);
});

test('a run that throws before it waits is a failure like any other', async () => {
  const clock = new TestClock();
  let runs = 0;
  const run = () => {
    runs += 1;
    throw new Error('at once');
  };
  const queue = new WorkQueue({ name: 'q', run, log: silentLog, clock });
  queue.add('a');
  await settled();
  await pass(clock, 100);
  assert.equal(runs, 2);
});

test('is idle when nothing is due or runs, though something may be delayed', async () => {
  const { queue, end } = aQueue();
  queue.addAfter('later', 1_000);
  await queue.idle();
  queue.add('a');
  const idle = queue.idle();
  await settled();
  await end();
  await idle;
});

test('disposed: takes nothing more, tells the running ones and waits for them', async () => {
  const order: string[] = [];
  const clock = new TestClock();
  const run = (key: string, signal: AbortSignal) =>
    new Promise<undefined>((resolve) => {
      order.push(`${key} runs`);
      signal.addEventListener('abort', () => {
        order.push(`${key} told`);
        setImmediate(resolve, undefined);
      });
    });
  const queue = new WorkQueue({ name: 'q', run, log: silentLog, clock, concurrency: 1 });
  queue.add('a');
  queue.add('b');
  queue.addAfter('c', 10);
  await settled();
  await queue[Symbol.asyncDispose]();
  queue.add('d');
  await settled();
  assert.deepEqual(order, ['a runs', 'a told']);
  assert.equal(clock.pending, 0);
});

test('reports depth, time and retries', async () => {
  const reported: string[] = [];
  const metrics: WorkQueueOptions['metrics'] = {
    trackDepth: (queue, depth) => {
      reported.push(`${queue} has ${depth()}`);
      return () => reported.push(`${queue} is over`);
    },
    ran: (queue, seconds, failed) => reported.push(`${queue} ran ${seconds} s, failed ${failed}`),
    retried: (queue) => reported.push(`${queue} retries`),
  };
  const { queue, clock, end } = aQueue({ metrics });
  queue.add('a');
  await settled();
  await pass(clock, 2_000);
  await end(new Error('bad'));
  await queue[Symbol.asyncDispose]();
  assert.deepEqual(reported, ['q has 0', 'q retries', 'q ran 2 s, failed true', 'q is over']);
});

test('keys that wait for nothing leave room for sockets and timers, however many there are', async () => {
  let runs = 0;
  const run = async () => {
    runs += 1;
    for (const untilMs = performance.now() + 1; performance.now() < untilMs; );
    return undefined;
  };
  const queue = new WorkQueue({ name: 'q', run, log: silentLog });
  for (let i = 0; i < 200; i += 1) queue.add(`key-${i}`);
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 0);
  await until(() => runs === 200, 'all ran');
  clearInterval(timer);
  assert.ok(turns >= 10, `${turns} turns`);
  await queue[Symbol.asyncDispose]();
});

test('a queue that begins paused takes keys and runs none before it is started', async () => {
  const { queue, clock, runs } = aQueue({ paused: true, concurrency: 1 });
  queue.add('a', 'low');
  queue.addAfter('b', 10, 'high');
  await pass(clock, 10);
  assert.deepEqual([runs, queue.depth, queue.isPaused], [[], 2, true]);
  queue.start();
  await settled();
  assert.deepEqual([runs, queue.isPaused], [['b'], false]);
});

test('an urgent key runs before those that came earlier, also when it waits there already', async () => {
  const { queue, runs, end } = aQueue({ concurrency: 1 });
  for (const key of ['a', 'b', 'c', 'd']) queue.add(key, 'low');
  await settled();
  queue.add('d', 'high');
  queue.add('e');
  for (let i = 0; i < 4; i += 1) await end();
  assert.deepEqual(runs, ['a', 'd', 'e', 'b', 'c']);
});

test('of two priorities that a delayed key is given the more urgent one counts', async () => {
  const { queue, clock, runs, end } = aQueue({ concurrency: 1 });
  queue.add('first');
  await settled();
  queue.addAfter('a', 10, 'low');
  queue.addAfter('a', 20, 'high');
  queue.addAfter('b', 10, 'normal');
  await pass(clock, 10);
  await end();
  await end();
  assert.deepEqual(runs, ['first', 'a', 'b']);
});

test('what failed at a start, or asks to run again, stays behind what is news', async () => {
  const { queue, clock, runs, end } = aQueue({ concurrency: 1, backoffBaseMs: 100 });
  queue.add('old', 'low');
  await settled();
  queue.add('edited', 'high');
  await end(new Error('not yet'));
  await pass(clock, 100);
  queue.add('other', 'normal');
  await end({ againInMs: 10 });
  await end();
  await pass(clock, 10);
  assert.deepEqual(runs, ['old', 'edited', 'other', 'old']);
  queue.add('news', 'high');
  await end();
  await end();
  assert.deepEqual(runs.slice(4), ['news', 'edited']);
});

test('an edit among the 5,000 keys of a start runs within a second', async () => {
  const run = () => new Promise<undefined>((resolve) => setTimeout(resolve, 5, undefined));
  const ranAtMs = new Map<string, number>();
  const noted = async (key: string) => {
    ranAtMs.set(key, performance.now());
    return await run();
  };
  await using queue = new WorkQueue({ name: 'q', run: noted, log: silentLog, paused: true });
  for (let i = 0; i < 5_000; i += 1) queue.add(`key-${i}`, 'low');
  queue.start();
  await until(() => ranAtMs.size >= 100, 'a hundred ran');
  ranAtMs.delete('key-4999');
  const editedAtMs = performance.now();
  queue.add('key-4999', 'high');
  await until(() => ranAtMs.has('key-4999'), 'the edited one ran');
  const tookMs = (ranAtMs.get('key-4999') ?? 0) - editedAtMs;
  assert.ok(tookMs < 1_000, `${tookMs} ms`);
  assert.ok(queue.depth > 4_000, `${queue.depth} keys wait`);
});
