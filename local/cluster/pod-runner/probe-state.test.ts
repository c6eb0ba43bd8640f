import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterResult, probeTiming, untilFirstProbe } from './probe-state.ts';

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

test('readiness is probed at once when the container starts, and in each period of the start where that is too early', () => {
  const early = (initialDelaySeconds: number, startedAtMs: number, nowMs = startedAtMs) => {
    const each = probeTiming({ initialDelaySeconds, periodSeconds: 1 });
    return untilFirstProbe('readiness', each, startedAtMs, nowMs);
  };
  assert.equal(early(0, 10_300), 0);
  assert.equal(early(1, 10_300), 1_000);
  assert.equal(early(2, 10_300), 2_000);
  assert.equal(early(1, 10_300, 60_000), 0, 'one that was started by an earlier pod runner is probed at once');
});

test('the initial delay counts from the whole second of the start', () => {
  const timing = probeTiming({ initialDelaySeconds: 1, periodSeconds: 1 });
  assert.equal(untilFirstProbe('readiness', timing, 10_990, 11_000), 0);
  assert.equal(untilFirstProbe('readiness', timing, 10_990, 10_999), 991);
});

test('startup and liveness wait for their ticker', () => {
  const slow = probeTiming({ periodSeconds: 10 });
  assert.equal(untilFirstProbe('startup', slow, 10_300, 10_300), 250);
  assert.equal(untilFirstProbe('liveness', slow, 10_300, 10_900), 9_650);
  const delayed = probeTiming({ initialDelaySeconds: 10, periodSeconds: 10 });
  assert.equal(untilFirstProbe('liveness', delayed, 10_300, 10_300), 10_250);
});
