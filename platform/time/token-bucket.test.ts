import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenBucket } from './token-bucket.ts';

test('a bucket gives its burst, and then so much each second', () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 20 }, 0);
  assert.deepEqual(
    [bucket.take(20, 0), bucket.take(1, 0), bucket.take(5, 500), bucket.take(1, 500)],
    [true, false, true, false],
  );
  assert.deepEqual([bucket.take(21, 100_000), bucket.take(20, 100_000)], [false, true]);
});

test('what is beyond a burst is to wait until it would have come at the rate', () => {
  const bucket = new TokenBucket({ burst: 100, perSecond: 50 }, 0);
  assert.equal(bucket.spend(100, 0), 0);
  assert.equal(bucket.spend(25, 0), 500);
  assert.equal(bucket.spend(0, 500), 0);
  assert.equal(bucket.spend(100, 60_000), 0, 'no more than a burst is saved up');
  assert.equal(bucket.spend(1, 60_000), 20);
});

test('it is full until something is taken, and once that is filled up again', () => {
  const bucket = new TokenBucket({ burst: 2, perSecond: 1 }, 0);
  assert.equal(bucket.isFull(0), true);
  bucket.take(1, 0);
  assert.deepEqual([bucket.isFull(0), bucket.isFull(999), bucket.isFull(1_000)], [false, false, true]);
});
