import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nowMs } from '../clock.ts';
import { Call, Calls } from './call.ts';
import type { Stop } from './stop.ts';

test('a call’s time counts from its start, however long it ran before it came back to the main loop', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const stops: Stop[] = [];
  const calls = new Calls(60_000);
  calls.begin(new Call('late', undefined, nowMs() - 60_000), { stopped: (stop) => stops.push(stop) });
  t.mock.timers.tick(1);
  assert.deepEqual(stops, [{ why: 'timeout' }]);
});
