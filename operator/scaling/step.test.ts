import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aFunction, at } from '../testing/builders.ts';
import type { Demand } from './demand.ts';
import { type ScaleState, step } from './step.ts';

type Spec = NonNullable<Parameters<typeof aFunction>[0]>;

const demand = (parts: {
  short?: number;
  stable?: number;
  now?: number;
  lastBusy?: number;
  complete?: boolean;
  measuredSince?: number;
}): Demand => {
  const { short = 0, stable = short, now = 0, lastBusy = 0, complete = true, measuredSince = -3600 } = parts;
  const mean = (windowMs: number) => (windowMs <= 6000 ? short : stable);
  return { mean, now, lastBusyMs: at(lastBusy), complete, measuredSinceMs: at(measuredSince) };
};
const running = (replicas: number, raised = 0): ScaleState => ({
  replicas,
  raisedMs: at(raised),
  activeSinceMs: at(raised),
});

function decide(
  second: number,
  current: number,
  seen: Demand | undefined,
  { spec = {} as Spec, state = running(current) } = {},
) {
  return step(state, { current, demand: seen, policy: aFunction(spec).spec, nowMs: at(second) });
}

test('keeps the last replica until idleSeconds are over', () => {
  const spec = { scaling: { idleSeconds: 30 } };
  assert.equal(decide(29, 1, demand({ lastBusy: 0 }), { spec }).replicas, 1);
  const { replicas, reason } = decide(30, 1, demand({ lastBusy: 0 }), { spec });
  assert.equal(replicas, 0);
  assert.match(reason, /no requests for 30 s/);
});

test('goes to zero from many replicas too', () => {
  assert.equal(decide(60, 5, demand({ lastBusy: 0, stable: 80 })).replicas, 0);
});

test('the quiet time begins when it was woken, not when it was last called before', () => {
  const woken = decide(100, 1, demand({ lastBusy: 0 }), { state: running(0) });
  assert.equal(woken.replicas, 1);
  assert.equal(decide(159, 1, demand({ lastBusy: 0 }), { state: woken.state }).replicas, 1);
  assert.equal(decide(160, 1, demand({ lastBusy: 0 }), { state: woken.state }).replicas, 0);
});

test('a request in flight keeps it awake however long it takes', () => {
  assert.equal(decide(3600, 1, demand({ lastBusy: 0, now: 1, short: 1 })).replicas, 1);
});

test('missing data holds the scale', () => {
  assert.equal(decide(3600, 3, undefined).replicas, 3);
  assert.equal(decide(3600, 3, demand({ complete: false })).replicas, 3);
});

test('what is measured in part may raise it', () => {
  assert.equal(decide(10, 1, demand({ complete: false, short: 50 })).replicas, 3);
});

test('demand of the short window adds replicas at once', () => {
  const { replicas, reason } = decide(10, 1, demand({ short: 45.2, stable: 3 }));
  assert.equal(replicas, 3);
  assert.equal(reason, '45.2 requests at once on average over the last 6 s, 20 per replica');
});

test('a hard limit below the target counts instead of it', () => {
  assert.equal(decide(10, 1, demand({ short: 5 }), { spec: { concurrency: { limit: 1 } } }).replicas, 5);
  assert.equal(decide(10, 1, demand({ short: 5 }), { spec: { concurrency: { limit: 100, target: 5 } } }).replicas, 1);
});

test('replicas are taken away only when the stable window does with fewer', () => {
  assert.equal(decide(10, 5, demand({ short: 1, stable: 90, lastBusy: 10 })).replicas, 5);
  assert.equal(decide(10, 5, demand({ short: 1, stable: 30, lastBusy: 10 })).replicas, 2);
});

test('an operator that has just begun takes nothing away until a whole stable window was measured', () => {
  const lull = (second: number) => decide(second, 4, demand({ short: 1, lastBusy: second, measuredSince: 0 }));
  assert.equal(lull(6).replicas, 4);
  assert.equal(lull(59).replicas, 4);
  assert.match(lull(59).reason, /measured for 59 s, and spec\.scaling\.stableWindowSeconds is 60/);
  assert.equal(lull(60).replicas, 1);
});

test('a stable window of its own is measured from its beginning too', () => {
  const spec = { scaling: { stableWindowSeconds: 300 } };
  const seen = demand({ short: 1, lastBusy: 299, measuredSince: 0 });
  assert.equal(decide(299, 4, seen, { spec }).replicas, 4);
  assert.equal(decide(300, 4, seen, { spec }).replicas, 1);
});

test('an operator that has just begun adds replicas, and lets an idle function sleep', () => {
  assert.equal(decide(5, 1, demand({ short: 50, lastBusy: 5, measuredSince: 0 })).replicas, 3);
  const spec = { scaling: { idleSeconds: 10, stableWindowSeconds: 600 } };
  assert.equal(decide(10, 4, demand({ lastBusy: 0, measuredSince: 0 }), { spec }).replicas, 0);
  const kept = { scaling: { minReplicas: 2, idleSeconds: 10, stableWindowSeconds: 600 } };
  assert.equal(decide(10, 4, demand({ lastBusy: 0, measuredSince: 0 }), { spec: kept }).replicas, 2);
});

test('replicas that requests need at this moment are not taken away', () => {
  assert.equal(decide(10, 5, demand({ short: 1, stable: 1, now: 100, lastBusy: 10 })).replicas, 5);
});

test('replicas that were just added are not taken away', () => {
  const raised = decide(10, 5, demand({ short: 1, now: 1, lastBusy: 10 }), { state: running(1) });
  assert.equal(raised.replicas, 5);
  assert.match(raised.reason, /the gateway raised it/);
  assert.equal(decide(15, 5, demand({ short: 1, now: 1, lastBusy: 15 }), { state: raised.state }).replicas, 5);
  assert.equal(decide(16, 5, demand({ short: 1, now: 1, lastBusy: 16 }), { state: raised.state }).replicas, 1);
});

test('the bounds of the spec hold without any measuring', () => {
  const spec = { scaling: { minReplicas: 2, maxReplicas: 4 } };
  assert.equal(decide(10, 0, undefined, { spec }).replicas, 2);
  assert.equal(decide(10, 9, undefined, { spec }).replicas, 4);
  assert.equal(decide(3600, 4, demand({}), { spec }).replicas, 2);
  assert.equal(decide(10, 4, demand({ short: 1000 }), { spec }).replicas, 4);
});

test('asleep, past demand does not wake it, a waiting request does', () => {
  assert.equal(decide(70, 0, demand({ stable: 30, short: 5 })).replicas, 0);
  assert.equal(decide(70, 0, demand({ now: 30 })).replicas, 2);
});

test('the first look at a function that is awake starts the quiet time', () => {
  const first = step(undefined, {
    current: 1,
    demand: demand({ lastBusy: -900 }),
    policy: aFunction().spec,
    nowMs: at(0),
  });
  assert.equal(first.replicas, 1);
  assert.equal(first.reason.includes('gateway raised'), false);
});
