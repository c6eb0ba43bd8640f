import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteRate } from './byte-rate.ts';

test('a burst passes, what is beyond it waits until it would have come at the rate', () => {
  const rate = new ByteRate({ burstBytes: 100, bytesPerSecond: 50 }, 0);
  assert.equal(rate.take(100, 0), 0);
  assert.equal(rate.take(25, 0), 500);
  assert.equal(rate.take(0, 500), 0);
  assert.equal(rate.take(100, 60_000), 0, 'no more than a burst is saved up');
  assert.equal(rate.take(1, 60_000), 20);
});
