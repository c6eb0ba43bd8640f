import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DemandHistory } from './demand.ts';
import type { ActivatorSample, RevisionLoad } from './parse-metrics.ts';

const KEY = 'default/hello';
const answer = (concurrencySeconds: number, concurrency = 0, requests = 0): ReadonlyMap<string, ActivatorSample> =>
  byRevision({ '': { concurrencySeconds, concurrency, requests } });
const byRevision = (loads: Record<string, RevisionLoad>): ReadonlyMap<string, ActivatorSample> =>
  new Map([[KEY, { loads: new Map(Object.entries(loads)) }]]);
const nothing: ReadonlyMap<string, ActivatorSample> = new Map();

interface Story {
  [activator: string]: ReadonlyMap<string, ActivatorSample> | undefined;
}
/** One look per second, the first at second 0. */
function after(...looks: Story[]): DemandHistory {
  const history = new DemandHistory(3_600_000);
  for (const [second, look] of looks.entries())
    history.record({ activators: new Map(Object.entries(look)) }, second * 1000);
  return history;
}

test('mean concurrency is the increase of the integral over the window, summed over activators', () => {
  const history = after(
    { a: answer(10), b: answer(0) },
    { a: answer(12), b: answer(1) },
    { a: answer(14), b: answer(2) },
  );
  assert.equal(history.of(KEY, 2000)?.mean(2000), 3);
  assert.equal(history.of(KEY, 2000)?.mean(1000), 3);
});

test('a window longer than the measuring is over the time measured', () => {
  assert.equal(
    after({ a: answer(0) }, { a: answer(4) })
      .of(KEY, 1000)
      ?.mean(60_000),
    4,
  );
});

test('a function that a known activator mentions for the first time began at zero', () => {
  assert.equal(
    after({ a: nothing }, { a: answer(2) })
      .of(KEY, 1000)
      ?.mean(1000),
    2,
  );
});

test('what an activator counted before it was first seen is not known', () => {
  const history = after({ a: nothing }, { a: nothing, b: answer(500) });
  assert.equal(history.of(KEY, 1000)?.mean(1000), 0);
  assert.equal(history.of(KEY, 1000)?.lastBusyMs, 1000);
});

test('a function is measured since the last of the activators that had requests of it before was first seen', () => {
  const history = after(
    { a: answer(9) },
    { a: answer(9), b: answer(500) },
    { a: answer(9), b: answer(500), c: nothing },
  );
  assert.equal(history.of(KEY, 2000)?.measuredSinceMs, 1000);
  assert.equal(history.of('default/other', 2000)?.measuredSinceMs, 0);
});

test('an activator that is new, or was known when the function first came to it, leaves nothing unmeasured', () => {
  const history = after({ a: nothing }, { a: answer(2), b: answer(0) });
  assert.equal(history.of(KEY, 1000)?.measuredSinceMs, 0);
});

test('an activator that began again has been measured all the same', () => {
  assert.equal(after({ a: answer(50, 1) }, { a: answer(3, 1) }).of(KEY, 1000)?.measuredSinceMs, 0);
});

test('nothing is known before an activator was seen', () => {
  assert.equal(after({}).of(KEY, 0), undefined);
  assert.equal(after({ a: undefined }).of(KEY, 0), undefined);
});

test('an activator that is listed and does not answer makes the measuring incomplete', () => {
  assert.equal(after({ a: nothing, b: nothing }).of(KEY, 0)?.complete, true);
  assert.equal(after({ a: nothing, b: nothing }, { a: nothing, b: undefined }).of(KEY, 1000)?.complete, false);
});

test('without any activator the measuring is incomplete', () => {
  assert.equal(after({ a: nothing }, {}).of(KEY, 1000)?.complete, false);
});

test('an activator that left counts for what it did within the window, then no more', () => {
  const history = after({ a: answer(0), b: nothing }, { a: answer(6, 6), b: nothing }, { b: nothing });
  assert.equal(history.of(KEY, 2000)?.now, 0);
  assert.equal(history.of(KEY, 2000)?.complete, true);
  assert.equal(history.of(KEY, 2000)?.mean(2000), 3);
  assert.equal(history.of(KEY, 5000)?.mean(2000), 0);
});

test('a request between two looks is noticed by the counter of requests', () => {
  const history = after({ a: answer(0, 0, 1) }, { a: answer(0, 0, 1) }, { a: answer(0, 0, 2) }, { a: answer(0, 0, 2) });
  assert.equal(history.of(KEY, 3000)?.lastBusyMs, 2000);
});

test('a function that was never called is idle since measuring began', () => {
  assert.equal(after({ a: nothing }, { a: nothing }).of(KEY, 1000)?.lastBusyMs, 0);
});

test('a restarted activator counts from zero', () => {
  const history = after({ a: answer(50, 1) }, { a: answer(3, 1) });
  assert.equal(history.of(KEY, 1000)?.mean(1000), 3);
});

test('functions that are gone are forgotten', () => {
  const history = after({ a: answer(0) }, { a: answer(9, 9) });
  history.keepOnly(() => false);
  assert.equal(history.of(KEY, 1000)?.mean(1000), 0);
});

const load = (concurrencySeconds: number, concurrency = 0, requests = 0): RevisionLoad => ({
  concurrencySeconds,
  concurrency,
  requests,
});

test("a function's demand is that of all its revisions, and goes on where one takes over from another", () => {
  const history = after(
    { a: byRevision({ old: load(0, 2) }) },
    { a: byRevision({ old: load(2, 2) }) },
    { a: byRevision({ old: load(3, 1), new: load(1, 1) }) },
    { a: byRevision({ old: load(3), new: load(3, 2) }) },
  );
  assert.equal(history.of(KEY, 3000)?.mean(3000), 2);
  assert.equal(history.of(KEY, 3000)?.now, 2);
  assert.equal(history.of(KEY, 3000)?.measuredSinceMs, 0);
});

test('counters that end with their revision are no requests, and neither are those that stay', () => {
  const history = after(
    { a: byRevision({ old: load(500, 0, 90), new: load(7, 0, 3) }) },
    { a: byRevision({ old: load(500, 0, 90), new: load(7, 0, 3) }) },
    { a: byRevision({ new: load(7, 0, 3) }) },
    { a: byRevision({ new: load(7, 0, 3) }) },
  );
  assert.equal(history.of(KEY, 3000)?.mean(3000), 0);
  assert.equal(history.of(KEY, 3000)?.lastBusyMs, 0);
});

test('requests of a revision that a gateway no longer tells of are over', () => {
  const history = after(
    { a: byRevision({ old: load(0, 3), new: load(0, 1) }) },
    { a: byRevision({ new: load(1, 1) }) },
  );
  assert.equal(history.of(KEY, 1000)?.now, 1);
});
