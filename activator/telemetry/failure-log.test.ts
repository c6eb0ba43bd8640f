import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from '#platform/process/log.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import { FailureLog } from './failure-log.ts';

function aLog() {
  const lines: Record<string, unknown>[] = [];
  const clock = new TestClock();
  const log = createLog({ service: 'activator', write: (line) => lines.push(JSON.parse(line)) });
  return { lines, clock, failures: new FailureLog(log, clock) };
}
const broke = { code: 'ReplicaFailed', message: 'the replica broke off' } as const;

test('a failure is logged with its function, request, trace and reason', () => {
  const { lines, failures } = aLog();
  failures.failed(broke, 'default/hello', 'id-1', 'trace-1');
  const { function: fn, requestId, traceId, code, why, level } = lines[0] ?? {};
  assert.deepEqual(
    [fn, requestId, traceId, code, why, level],
    ['default/hello', 'id-1', 'trace-1', 'ReplicaFailed', 'the replica broke off', 'warn'],
  );
});

test('many of a kind are a few lines, and one that says how many more there were', () => {
  const { lines, failures, clock } = aLog();
  for (let i = 0; i < 1_000; i += 1) failures.failed(broke, 'default/hello', `id-${i}`);
  assert.equal(lines.length, 5);
  clock.advance(10_000);
  const { msg, more, code, function: fn } = lines[5] ?? {};
  assert.deepEqual([msg, more, code, fn], ['more requests failed', 995, 'ReplicaFailed', 'default/hello']);
  failures.failed(broke, 'default/hello', 'id');
  assert.equal(lines.length, 7);
});

test('another function, or another code, is not silenced by that', () => {
  const { lines, failures } = aLog();
  for (let i = 0; i < 10; i += 1) failures.failed(broke, 'default/hello', 'id');
  failures.failed(broke, 'default/other', 'id');
  failures.failed({ code: 'Timeout', message: '' }, 'default/hello', 'id');
  assert.equal(lines.length, 7);
});

test('at the end it says what is left to say, and keeps no timer', () => {
  const { lines, failures, clock } = aLog();
  for (let i = 0; i < 7; i += 1) failures.failed(broke, null, 'id');
  failures[Symbol.dispose]();
  assert.equal(lines.at(-1)?.more, 2);
  assert.equal(clock.pending, 0);
});
