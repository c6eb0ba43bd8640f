import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestClock } from '../testing/test-clock.ts';
import { until } from '../testing/until.ts';
import { KeyedWaits } from './keyed-waits.ts';

const none = new AbortController().signal;

/** Ids of the waits that are over, in that order. */
function record(waits: readonly [id: string, wait: Promise<void>][]): string[] {
  const over: string[] = [];
  for (const [id, wait] of waits) void wait.then(() => over.push(id));
  return over;
}

test('all that wait for one name go on when it is told of, and no others', async () => {
  const waits = new KeyedWaits(new TestClock());
  const over = record([
    ['a', waits.wait('a', 1_000, none)],
    ['a', waits.wait('a', 1_000, none)],
    ['b', waits.wait('b', 1_000, none)],
  ]);
  waits.tell('a');
  await until(() => over.length === 2, 'two go on');
  assert.deepEqual([over, waits.size], [['a', 'a'], 1]);
});

test('a wait ends with its time, or with the one that waits, and leaves nothing', async () => {
  const clock = new TestClock();
  const waits = new KeyedWaits(clock);
  const gone = new AbortController();
  const over = record([
    ['late', waits.wait('late', 1_000, none)],
    ['gone', waits.wait('gone', 60_000, gone.signal)],
  ]);
  gone.abort();
  await until(() => over.length === 1, 'one goes on');
  assert.deepEqual([over, clock.pending], [['gone'], 1]);
  clock.advance(1_000);
  await until(() => over.length === 2, 'the other goes on');
  assert.deepEqual([over, waits.size, clock.pending], [['gone', 'late'], 0, 0]);
  waits.tell('late');
});

test('where as many wait as may, one more does not', async () => {
  const waits = new KeyedWaits(new TestClock(), 2);
  const over = record(['a', 'b', 'c'].map((id) => [id, waits.wait(id, 1_000, none)]));
  await until(() => over.length === 1, 'one goes on');
  assert.deepEqual([over, waits.size], [['c'], 2]);
});

test('one that has gone before does not wait', async () => {
  const waits = new KeyedWaits(new TestClock());
  await waits.wait('a', 1_000, AbortSignal.abort());
  assert.equal(waits.size, 0);
});
