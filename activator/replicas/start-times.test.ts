import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type StartSample, StartTimes } from './start-times.ts';

const rounded = (sample: StartSample | undefined) =>
  sample && { ms: sample.ms, parallel: Math.round(sample.parallel * 1e6) / 1e6 };

test('of starts it counts how many were under way meanwhile', () => {
  const starts = new StartTimes(0);
  const first = starts.begin(0);
  const second = starts.begin(100);
  assert.deepEqual(rounded(starts.end(first, 200)), { ms: 200, parallel: 1.5 });
  assert.deepEqual(rounded(starts.end(second, 300)), { ms: 200, parallel: 1.5 });
  assert.equal(starts.end(second, 400), undefined);
});

test('pods that never start do not count as starts for ever', () => {
  const starts = new StartTimes(0);
  for (let n = 0; n < 100; n += 1) starts.begin(0);
  starts.begin(61_000);
  const mark = starts.begin(61_000);
  assert.deepEqual(rounded(starts.end(mark, 61_300)), { ms: 300, parallel: 2 });
});
