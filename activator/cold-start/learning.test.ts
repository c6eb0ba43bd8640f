import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClusterStarts } from './cluster-starts.ts';
import { learnRequest, learnStart, momentsOf, PARALLEL_COST, type StartMoments, startAloneMs } from './learning.ts';

/** Tells of starts of 300 ms, which each further one at the same time makes longer by `cost`; some beside few, some beside many. */
function taught(cost: number, parallels: readonly number[], times = 30): ClusterStarts {
  const starts = new ClusterStarts();
  let moments: StartMoments | undefined;
  for (let n = 0; n < times; n += 1) {
    for (const parallel of parallels)
      moments = starts.learn(moments, { ms: 300 * (1 + cost * (parallel - 1)), parallel });
  }
  return starts;
}

test('the first start is believed, later ones move what is known', () => {
  const first = learnStart(undefined, { ms: 300, parallel: 1 });
  assert.equal(startAloneMs(first, 0.2), 300);
  const next = startAloneMs(learnStart(first, { ms: 600, parallel: 1 }), 0.2);
  assert.ok(next > 300 && next < 600);
});

test('a start among others counts as what it would take alone', () => {
  assert.equal(Math.round(startAloneMs(learnStart(undefined, { ms: 840, parallel: 10 }), 0.2)), 300);
});

for (const cost of [0, 0.25, 1]) {
  test(`a cost of ${cost} for each start at the same time is learned from starts beside few and beside many`, () => {
    const learned = taught(cost, [1, 4, 10]);
    assert.ok(Math.abs(learned.parallelCost - cost) < 0.05 + cost / 5, String(learned.parallelCost));
    assert.ok(Math.abs((learned.startMs ?? 0) - 300) < 60, String(learned.startMs));
  });
}

test('where always as many start at once, their cost is believed less and less, so that more are tried', () => {
  assert.ok(taught(0.3, [3], 1).parallelCost <= PARALLEL_COST);
  assert.ok(taught(0.3, [3], 100).parallelCost < 0.02);
});

test('starts by themselves say nothing of the cost', () => {
  assert.equal(taught(0.3, [1]).parallelCost, PARALLEL_COST);
});

test('what is seen stays within bounds, whatever the clock does', () => {
  const starts = new ClusterStarts();
  let moments = momentsOf(1);
  for (const ms of [1e12, 0.001, 1e12]) moments = starts.learn(moments, { ms, parallel: ms > 1 ? 50 : 1 });
  assert.ok(starts.parallelCost >= 0 && starts.parallelCost <= 2, String(starts.parallelCost));
  assert.ok(startAloneMs(moments, starts.parallelCost) <= 600_000);
});

test('a connection of hours says no more than half a minute about requests', () => {
  const hours = { ms: 3_600_000, waitMs: 0 };
  assert.equal(learnRequest(undefined, hours), 30_000);
  assert.ok(learnRequest(undefined, { ms: 0, waitMs: 0 }) > 0);
  assert.ok(learnRequest(50, hours) < 2_000);
});

test('what a request waited at its replica is not taken for what it took', () => {
  assert.equal(learnRequest(undefined, { ms: 90, waitMs: 50 }), 90);
  assert.equal(learnRequest(50, { ms: 90, waitMs: 50 }), 50);
  assert.equal(learnRequest(50, { ms: 50, waitMs: 400 }), 50);
  assert.ok(learnRequest(50, { ms: 30, waitMs: 400 }) < 50);
  assert.ok(learnRequest(50, { ms: 300, waitMs: 50 }) > learnRequest(50, { ms: 90, waitMs: 0 }));
});
