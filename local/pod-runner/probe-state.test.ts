import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterResult, probeTiming } from './probe-state.ts';

const timing = probeTiming({ successThreshold: 1, failureThreshold: 3 });

test('defaults are those of the API', () => {
  assert.deepEqual(probeTiming({}), {
    initialDelayMs: 0,
    periodMs: 10_000,
    timeoutMs: 1_000,
    successThreshold: 1,
    failureThreshold: 3,
  });
});

test('one success is enough, three failures in a row are needed', () => {
  const first = afterResult(undefined, false, timing);
  const second = afterResult(first.run, false, timing);
  assert.deepEqual([first.verdict, second.verdict], [undefined, undefined]);
  assert.equal(afterResult(second.run, false, timing).verdict, false);
  const recovered = afterResult(second.run, true, timing);
  assert.equal(recovered.verdict, true);
  assert.equal(afterResult(recovered.run, false, timing).verdict, undefined);
});
