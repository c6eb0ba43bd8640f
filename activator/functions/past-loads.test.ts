import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAST_REVISIONS } from '../telemetry/function-counters.ts';
import type { RevisionLoad } from '../telemetry/function-metrics.ts';
import { PastLoads } from './past-loads.ts';

const { ms: PAST_MS } = PAST_REVISIONS;

const aLoad = (revision: string | undefined, requests: number, seconds = requests / 2): RevisionLoad => ({
  revision,
  requests,
  waiting: 0,
  inFlight: 0,
  concurrencySeconds: () => seconds,
});

/** Revision, requests and request-seconds of each load. */
const figures = (loads: Iterable<RevisionLoad>) =>
  Array.from(loads, (load) => [load.revision, load.requests, load.concurrencySeconds()]);

test('what an ended revision had is told for some minutes, beside the ones that there are', () => {
  const past = new PastLoads();
  const now = aLoad('hello-2', 1);
  past.add(aLoad('hello-1', 8), [now], 0);
  for (const atMs of [0, PAST_MS - 1]) {
    assert.deepEqual(figures(past.beside([now], atMs)), [
      ['hello-2', 1, 0.5],
      ['hello-1', 8, 4],
    ]);
  }
  assert.deepEqual(figures(past.beside([now], PAST_MS)), [['hello-2', 1, 0.5]]);
  assert.deepEqual(figures(past.beside([now], 0)), [['hello-2', 1, 0.5]], 'and is forgotten');
});

test('a revision that is back counts on from where it was, in one series, for as long as it is there', () => {
  const past = new PastLoads();
  past.add(aLoad('hello-1', 8), [], 0);
  const back = aLoad('hello-1', 2);
  assert.deepEqual(figures(past.beside([back], PAST_MS * 3)), [['hello-1', 10, 5]]);
  past.add(back, [], PAST_MS * 3);
  assert.deepEqual(figures(past.beside([], PAST_MS * 4 - 1)), [['hello-1', 10, 5]]);
  assert.deepEqual(figures(past.beside([], PAST_MS * 4)), []);
});

test('of many revisions that end at once the last few are told, and any that is back', () => {
  const past = new PastLoads();
  const back = aLoad('hello-0', 1);
  past.add(aLoad('hello-0', 1), [], 0);
  for (let n = 1; n <= 50; n += 1) past.add(aLoad(`hello-${n}`, 1), [back], n);
  const told = figures(past.beside([back], 50)).map(([revision]) => revision);
  assert.deepEqual(told, ['hello-0', 'hello-47', 'hello-48', 'hello-49', 'hello-50']);
});

test('one that never had a request leaves nothing; one that took over what waited leaves its seconds', () => {
  const past = new PastLoads();
  past.add(aLoad('hello-1', 0), [], 0);
  assert.deepEqual(figures(past.beside([], 0)), []);
  past.add(aLoad('hello-2', 0, 3), [], 0);
  past.add(aLoad(undefined, 1, 3), [], 0);
  assert.deepEqual(figures(past.beside([], 0)), [
    ['hello-2', 0, 3],
    [undefined, 1, 3],
  ]);
});
