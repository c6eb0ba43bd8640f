import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterExit, durationText } from './backoff.ts';

test('the first exit is followed by a start at once, the next ones by 10 s, 20 s, … up to 5 min', () => {
  const waits: number[] = [];
  let now = 0;
  let backoff: Parameters<typeof afterExit>[0];
  for (const _ of Array(8).keys()) {
    const { waitMs, next } = afterExit(backoff, now);
    waits.push(waitMs / 1_000);
    backoff = next;
    now += waitMs + 100;
  }
  assert.deepEqual(waits, [0, 10, 20, 40, 80, 160, 300, 300]);
});

test('a run of more than ten minutes makes the next exit a first one', () => {
  const first = afterExit(undefined, 0);
  const second = afterExit(first.next, 1_000);
  assert.equal(second.waitMs, 10_000);
  assert.equal(afterExit(second.next, 11_000 + 600_001).waitMs, 0);
  assert.equal(afterExit(second.next, 11_000 + 599_999).waitMs, 20_000);
});

test('durations read as in waiting messages', () => {
  assert.deepEqual([10_000, 40_000, 160_000, 300_000].map(durationText), ['10s', '40s', '2m40s', '5m0s']);
});
