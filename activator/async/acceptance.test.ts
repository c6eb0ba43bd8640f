import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestClock } from '#platform/testing/test-clock.ts';
import type { Decision } from '../errors/decision.ts';
import type { RequestTaker } from '../proxy/request-taker.ts';
import { TimerWheel } from '../proxy/timer-wheel.ts';
import { FunctionBudget, ProcessBudget } from '../queue/fair-share.ts';
import { ColdStarts } from '../telemetry/cold-start-metrics.ts';
import { FunctionCounters } from '../telemetry/function-counters.ts';
import { Acceptance } from './acceptance.ts';
import { EntrySender } from './entry-sender.ts';
import { InvocationIds } from './invocation-ids.ts';

/** One request whose body comes when the test says so, and a dispatcher that never answers. */
function scene() {
  const clock = new TestClock();
  const budget = new ProcessBudget({ requests: 10, bytes: 1_000_000 });
  const sent: number[] = [];
  const keep = (frames: readonly Uint8Array[]) => {
    sent.push(frames.length);
    return new Promise<never>(() => undefined);
  };
  let taker: RequestTaker | undefined;
  const headers = { headers: ['host', 'a'], hasBody: true, bodyBytes: undefined, requestId: undefined };
  const request = {
    ...{ method: 'POST', path: '/', base: '', invocation: undefined, isUpgrade: false },
    header: () => undefined,
    exchange: {
      caller: undefined,
      outgoing: { requestId: 'r', headers: { ...headers, clientAddress: '', clientProtocol: 'http' } },
      judgedBy: () => undefined,
      give: (given: RequestTaker) => {
        taker = given;
      },
      crash: () => undefined,
    },
  };
  const counters = new FunctionCounters(new ColdStarts());
  const fn = {
    config: {
      ...{ key: 'a/b', uid: 'u', namespace: 'a', name: 'b', maxBodyBytes: 0 },
      async: { always: true, maxBodyBytes: 1_000 },
    },
    budget: new FunctionBudget(budget),
    counting: () => counters,
    finished: () => undefined,
  };
  const sender = new EntrySender({ dispatcher: { keep }, clock, random: () => 0 });
  const parts = { clock, timers: new TimerWheel(clock), ids: new InvocationIds(), wallMs: () => 0 };
  const begin = () => new Acceptance(request, fn, sender, parts).begin();
  return { clock, budget, sender, sent, begin, taken: () => taker as RequestTaker };
}
const codeOf = async (decided: Decision | Promise<Decision>) => {
  const decision = await decided;
  return typeof decision === 'object' && 'code' in decision ? decision.code : decision;
};

test('a body has five minutes to come, however it trickles', async () => {
  const { clock, budget, sent, begin, taken } = scene();
  const decided = begin();
  for (let i = 0; i < 30; i += 1) {
    assert.equal(taken().received(i + 1), undefined);
    taken().sink?.write(Buffer.from('x'));
    clock.advance(10_000);
  }
  clock.advance(100);
  assert.equal(await codeOf(decided), 'RequestTimeout');
  taken().over();
  assert.deepEqual([sent, budget.requests, budget.bytes], [[], 0, 0]);
});

test('the dispatcher has five seconds from then, and what is on its way is held until it has an outcome', async () => {
  const { clock, budget, sent, begin, taken } = scene();
  const decided = begin();
  clock.advance(200_000);
  taken().sink?.finish([]);
  assert.equal(sent.length, 1);
  clock.advance(4_900);
  const isOpen = Symbol();
  assert.equal(await Promise.race([decided, isOpen]), isOpen);
  clock.advance(200);
  assert.equal(await codeOf(decided), 'AsyncUnavailable');
  taken().over();
  assert.ok(budget.requests === 0 && budget.bytes > 0);
});

test('one that no batch has taken by then is not sent any more', async () => {
  const { clock, budget, sender, sent, begin, taken } = scene();
  for (let i = 0; i < 3; i += 1) {
    begin();
    taken().sink?.finish([]);
  }
  const held = budget.bytes;
  const decided = begin();
  taken().sink?.finish([]);
  assert.deepEqual([sent.length, sender.waiting], [3, 1]);
  clock.advance(5_100);
  assert.equal(await codeOf(decided), 'AsyncUnavailable');
  taken().over();
  assert.deepEqual([sender.waiting, budget.bytes], [0, held]);
});

test('no clock runs on for what is over', () => {
  const { clock, begin, taken } = scene();
  begin();
  taken().over();
  clock.advance(1_000);
  assert.equal(clock.pending, 0);
});
