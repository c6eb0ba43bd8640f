import assert from 'node:assert/strict';
import { test } from 'node:test';
import { abortAfterMs, disposeWithinMs, nextDrainStep } from './drain.ts';

test('waits until nothing came for half a second, counted from the signal or the last request', () => {
  assert.deepEqual(nextDrainStep({ sinceMs: 1000, lastRequestMs: 0, pending: 0 }, 1100), { do: 'wait', ms: 400 });
  assert.deepEqual(nextDrainStep({ sinceMs: 1000, lastRequestMs: 1400, pending: 0 }, 1600), { do: 'wait', ms: 300 });
});

test('then finishes what is pending, and exits when nothing is', () => {
  assert.deepEqual(nextDrainStep({ sinceMs: 1000, lastRequestMs: 0, pending: 2 }, 1500), { do: 'finish' });
  assert.deepEqual(nextDrainStep({ sinceMs: 1000, lastRequestMs: 0, pending: 0 }, 1500), { do: 'exit' });
});

test('aborts what still runs shortly before the grace period ends', () => {
  assert.equal(abortAfterMs(60_000), 69_000);
  assert.equal(abortAfterMs(0), undefined);
  assert.equal(disposeWithinMs(60_000), 69_750);
  assert.equal(disposeWithinMs(0), undefined);
});
