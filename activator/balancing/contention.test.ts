import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitForMoreUntilMs, waitThereMs } from './contention.ts';

const came = (...atMs: (number | undefined)[]) => atMs.map((answeredAtMs) => ({ answeredAtMs }));

test('replicas on their way are waited for while one has come a moment ago', () => {
  assert.equal(waitForMoreUntilMs(came(5_000, 5_300, 5_100), 2), 6_300);
  assert.equal(waitForMoreUntilMs(came(5_000, undefined), 1), 6_000);
});

test('for as long as a request takes, a second at most: by then there is room at full ones too', () => {
  assert.deepEqual(
    [50, 900, 30_000, undefined].map((ms) => waitForMoreUntilMs(came(5_000), 1, ms)),
    [5_050, 5_900, 6_000, 6_000],
  );
});

test('where none is on its way, or none has come, nothing is waited for', () => {
  assert.equal(waitForMoreUntilMs(came(5_000), 0), 0);
  assert.equal(waitForMoreUntilMs(came(5_000), -1), 0);
  assert.equal(waitForMoreUntilMs(came(), 3), 0);
  assert.equal(waitForMoreUntilMs(came(undefined), 3), 0);
});

test('a request waits at a replica twice as long each time that the one before did so in vain, a second at most', () => {
  assert.deepEqual([0, 1, 2, 4, 5, 1_000].map(waitThereMs), [50, 100, 200, 800, 1_000, 1_000]);
});
