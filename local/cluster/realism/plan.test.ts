import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hiccupMs, isTurnedAway, type Late, lateMs } from './plan.ts';

const NUMBERS = Array.from({ length: 2_000 }, (_, sequence) => sequence);
const share = (holds: (sequence: number) => boolean) => NUMBERS.filter(holds).length / NUMBERS.length;

test('the same seed gives the same delays, another seed others', () => {
  const delays = (seed: number) => NUMBERS.slice(0, 20).map((sequence) => lateMs(seed, 'readiness', sequence));
  assert.deepEqual(delays(7), delays(7));
  assert.notDeepEqual(delays(7), delays(8));
});

test('kinds of events do not share their delays', () => {
  const delays = (late: Late) => NUMBERS.slice(0, 20).map((sequence) => lateMs(7, late, sequence));
  assert.notDeepEqual(delays('podStatus'), delays('watchEvent'));
});

test('delays fill the range that was measured, and never leave it', () => {
  for (const [late, least, most] of [
    ['readiness', 200, 1_000],
    ['endpointSlices', 100, 800],
    ['podStatus', 0, 300],
    ['watchEvent', 0, 300],
  ] as const) {
    const delays = NUMBERS.map((sequence) => lateMs(7, late, sequence));
    assert.ok(Math.min(...delays) >= least && Math.min(...delays) < least + 20, `${late} from ${Math.min(...delays)}`);
    assert.ok(Math.max(...delays) <= most && Math.max(...delays) > most - 20, `${late} to ${Math.max(...delays)}`);
  }
});

test('most watch events come soon', () => {
  assert.ok(share((sequence) => lateMs(7, 'watchEvent', sequence) < 100) > 0.6);
});

test('few requests are turned away, and some are', () => {
  const turnedAway = share((sequence) => isTurnedAway(7, sequence));
  assert.ok(turnedAway > 0.01 && turnedAway < 0.05, `${turnedAway}`);
});

test('some starts meet a cache that is not filled; it is within two seconds', () => {
  const hiccups = NUMBERS.map((sequence) => hiccupMs(7, sequence)).filter((ms) => ms > 0);
  assert.ok(hiccups.length > NUMBERS.length / 10 && hiccups.length < NUMBERS.length / 4, `${hiccups.length}`);
  assert.ok(Math.min(...hiccups) >= 800 && Math.max(...hiccups) <= 2_000);
});
