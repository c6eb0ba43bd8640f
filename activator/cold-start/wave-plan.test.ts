import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Backlog, type Learned, planWave } from './wave-plan.ts';

/** A hundred requests at once to a function at zero. */
const burst: Backlog = {
  requests: 100,
  perReplica: 10,
  ready: 0,
  startingMs: [],
  maxReplicas: 100,
  waitedMs: 0,
  stalledMs: 0,
};
/** Two cores: ten starts at once take more than three times as long as one. */
const twoCores: Learned = { startMs: 300, requestMs: 50, parallelCost: 0.25 };

const replicas = (backlog: Partial<Backlog>, learned: Partial<Learned> = {}) =>
  planWave({ ...burst, ...backlog }, { ...twoCores, ...learned }).replicas;

test('short requests get few replicas, for one that is up early has them done before ten are', () => {
  assert.equal(replicas({}), 2);
  assert.equal(replicas({}, { requestMs: 5 }), 1);
});

test('slow requests get all replicas at once', () => {
  assert.equal(replicas({}, { requestMs: 5_000 }), 10);
});

test('where starts cost each other nothing, all that make a difference start at once', () => {
  assert.equal(replicas({}, { parallelCost: 0, requestMs: 500 }), 10);
  assert.equal(replicas({}, { parallelCost: 0, startMs: 5_000, requestMs: 5 }), 1);
});

test('of an unknown function a few start, more where starts are known to cost each other little', () => {
  assert.equal(replicas({}, { startMs: undefined, requestMs: undefined, parallelCost: 0.15 }), 2);
  assert.equal(replicas({}, { startMs: undefined, requestMs: undefined, parallelCost: 0 }), 10);
});

test('while an unknown function does not come, its first wave is doubled again and again', () => {
  const unknown = { startMs: undefined, requestMs: undefined };
  const seen = [0, 1_000, 2_000, 4_000].map((ms) => replicas({ startingMs: [ms], waitedMs: ms }, unknown));
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  );
  assert.equal(seen.at(-1), 10);
});

test('as soon as an unknown function is seen to be slow, more are started; not before', () => {
  const unknown = { requestMs: undefined };
  assert.equal(replicas({ ready: 2, stalledMs: 10 }, unknown), 2);
  assert.ok(replicas({ ready: 2, stalledMs: 400 }, unknown) >= 5);
});

test('a backlog that is done before a start would be adds nothing', () => {
  assert.equal(replicas({ requests: 15, ready: 1 }), 1);
  assert.ok(replicas({ requests: 1_000, ready: 1 }) > 1);
});

test('requests that hold all places, as open connections do, bring more replicas though requests are known to be short', () => {
  assert.equal(replicas({ requests: 11, ready: 1, stalledMs: 10 }), 1);
  assert.equal(replicas({ requests: 11, ready: 1, stalledMs: 2_000 }), 2);
});

test('what waits longer than was foreseen gets all that it justifies', () => {
  assert.equal(replicas({ requests: 60, ready: 2, waitedMs: 2_000 }), 6);
});

test('never asks for more than the requests justify, nor than the maximum, for no more than that where more are', () => {
  assert.equal(replicas({ requests: 1 }), 1);
  assert.equal(replicas({ maxReplicas: 3 }, { requestMs: 5_000 }), 3);
  assert.equal(replicas({ maxReplicas: 3, ready: 2, startingMs: [0, 0] }, { requestMs: 5_000 }), 3);
  assert.equal(replicas({ requests: 1, ready: 2 }), 1);
  assert.equal(replicas({ requests: 0 }), 1);
});

test('starts and requests that are said to take no time are planned for like very short ones', () => {
  assert.equal(replicas({}, { startMs: 0, requestMs: 0 }), replicas({}, { startMs: 0.1, requestMs: 0.1 }));
  assert.equal(replicas({ ready: 1, startingMs: [0, 50] }, { startMs: 0, requestMs: 0 }) >= 1, true);
});

test('looks again soon, never at once', () => {
  for (const requestMs of [undefined, 0.1, 50, 30_000]) {
    for (const ready of [0, 3]) {
      const { lookAgainInMs } = planWave({ ...burst, ready, startingMs: [1e6] }, { ...twoCores, requestMs });
      assert.ok(lookAgainInMs >= 25 && lookAgainInMs <= 500, String(lookAgainInMs));
    }
  }
});

test('a plan for a million requests and thousands of replicas takes no longer than for a few', () => {
  const beganAtMs = performance.now();
  for (let n = 0; n < 100; n += 1) replicas({ requests: 1e6, maxReplicas: 5_000, startingMs: [0, 1, 2] });
  assert.ok(performance.now() - beganAtMs < 1_000);
});
