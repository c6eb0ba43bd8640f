import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ColdTimes, coldPhases, coldTimings } from './cold-start-phases.ts';

const times = (parts: Partial<ColdTimes> = {}): ColdTimes => ({
  waitingAtMs: 1_000,
  scaledAtMs: 1_010,
  scheduledAtMs: 1_040,
  addressAtMs: 1_200,
  answeredAtMs: 1_260,
  ...parts,
});
const byPhase = (phases: ReturnType<typeof coldPhases>) =>
  Object.fromEntries(phases.map(({ phase, ms }) => [phase, ms]));

test('each phase lasts until what it is named for', () => {
  assert.deepEqual(byPhase(coldPhases(times())), { scale: 10, scheduled: 30, address: 160, answer: 60 });
});

test('a request that came in the middle gets the phases that it waited for', () => {
  assert.deepEqual(byPhase(coldPhases(times(), 1_100)), { address: 100, answer: 60 });
});

test('the time of what was not seen is that of what was seen next', () => {
  const unseen = { scaledAtMs: undefined, scheduledAtMs: undefined };
  assert.deepEqual(byPhase(coldPhases(times(unseen))), { address: 200, answer: 60 });
});

test('a scale call that is answered after the pod is seen takes its time from the phases behind it', () => {
  const phases = byPhase(coldPhases(times({ scaledAtMs: 1_100 })));
  assert.deepEqual(phases, { scale: 100, scheduled: 0, address: 100, answer: 60 });
});

test('a scale call that is answered after the replica has answered takes no longer than the cold start', () => {
  const phases = byPhase(coldPhases(times({ scaledAtMs: 5_000 })));
  assert.deepEqual(phases, { scale: 260, scheduled: 0, address: 0, answer: 0 });
});

test('what was there before anyone waited takes no time', () => {
  const before = { scaledAtMs: undefined, scheduledAtMs: 10, addressAtMs: 20 };
  assert.deepEqual(byPhase(coldPhases(times(before))), { answer: 260 });
});

test('the phases are entries of Server-Timing', () => {
  assert.equal(
    coldTimings([
      { phase: 'scale', ms: 1.234 },
      { phase: 'answer', ms: 5 },
    ]),
    ', cold-scale;dur=1.2, cold-answer;dur=5',
  );
});
