import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nowMs } from '../clock.ts';
import { Calls } from './call.ts';
import type { Stop } from './stop.ts';
import type { TimeLimit } from './time-limit.ts';

const LIMIT: TimeLimit = { ms: 60_000, field: 'spec.timeoutSeconds' };
/** @param limitMs its own; 0: that of the replica. */
const aCall = (calls: Calls, startedMs: number, limitMs = 0) =>
  calls.make('r', limitMs === 0 ? {} : { 'x-catnap-timeout-ms': String(limitMs) }, startedMs);

test('a call’s time counts from its start, however long it ran before it came back to the main loop', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const stops: Stop[] = [];
  const calls = new Calls(LIMIT);
  calls.begin(aCall(calls, nowMs() - 60_000), { stopped: (stop) => stops.push(stop) });
  t.mock.timers.tick(1);
  assert.deepEqual(stops, [{ why: 'timeout' }]);
});

test('calls with a time limit of their own are stopped by that', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const calls = new Calls({ ...LIMIT, ms: 1_000 });
  const stopped: string[] = [];
  const begin = (name: string, ms: number) => {
    const call = aCall(calls, nowMs(), ms);
    calls.begin(call, { stopped: ({ why }) => stopped.push(`${name} ${why}`) });
    return call;
  };
  begin('long', 30_000);
  begin('short', 100);
  const over = begin('over', 200);
  begin('upgraded', 200).hasNoLimit = true;
  calls.close(over);
  t.mock.timers.tick(500);
  assert.deepEqual(stopped, ['short timeout']);
  t.mock.timers.tick(30_000);
  assert.deepEqual(stopped, ['short timeout', 'long timeout']);
});

test('a call with a time limit of its own is stopped where others have none', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const calls = new Calls({ ...LIMIT, ms: 0 });
  const stops: Stop[] = [];
  calls.begin(aCall(calls, nowMs(), 100), { stopped: (stop) => stops.push(stop) });
  t.mock.timers.tick(101);
  assert.deepEqual(stops, [{ why: 'timeout' }]);
});
