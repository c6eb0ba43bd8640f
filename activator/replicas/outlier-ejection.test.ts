import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayRest, restMs } from './outlier-ejection.ts';

test('the more often in a row a replica failed the longer it rests, half a minute at most', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 100].map((failures) => restMs(failures, 0)),
    [15, 100, 1_000, 5_000, 30_000, 30_000, 30_000],
  );
});

test('activators do not all come back at once', () => {
  assert.equal(restMs(3, 0.5), 850);
});

test('a replica rests only where others do its work', () => {
  assert.equal(mayRest(0, 1), false);
  assert.equal(mayRest(1, 1), true);
  assert.equal(mayRest(4, 5), false);
});
