import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition } from '#api/conditions.ts';
import { aFunction } from '../testing/test-gateway.ts';
import { functionConfig, sameRoutes } from './function-config.ts';

const failing = (type: string, reason: string, message: string) =>
  [{ type, status: 'False', reason, message, observedGeneration: 1, lastTransitionTime: '' }] as unknown as Condition[];

test('takes the limit, else the target, as what one replica is good for', () => {
  assert.equal(functionConfig(aFunction('hello', { concurrency: { target: 7 } })).perReplica, 7);
  assert.equal(functionConfig(aFunction('hello', { concurrency: { target: 7, limit: 3 } })).perReplica, 3);
});

test('has all times in milliseconds', () => {
  const timeouts = { firstByteSeconds: 3, idleSeconds: 4 };
  const config = functionConfig(aFunction('hello', { timeoutSeconds: 5, timeouts, queue: { timeoutSeconds: 2 } }));
  assert.deepEqual(config.timeouts, { totalMs: 5_000, firstByteMs: 3_000, idleMs: 4_000 });
  assert.equal(config.limits.queueTimeoutMs, 2_000);
});

test('a failure of the newest revision is read without the log lines below it', () => {
  const message = 'pod x ended before it answered; exit code 1. Its last log lines:\nError: secret\n    at index.ts:1';
  const config = functionConfig(aFunction('hello', {}, { conditions: failing('RevisionReady', 'CrashLoop', message) }));
  assert.equal(config.latestFailure?.reason, 'CrashLoop');
  assert.equal(config.latestFailure?.message, 'pod x ended before it answered; exit code 1');
});

test('a source that cannot be compiled matters only where there is no revision yet', () => {
  const conditions = failing('SourceReady', 'CompileFailed', 'index.ts:1:7: expected ")"');
  const fn = aFunction('hello', {}, { conditions });
  assert.equal(functionConfig(fn).firstFailure, undefined);
  const first = functionConfig({ ...fn, status: { conditions } }).firstFailure;
  assert.equal(first?.message, 'index.ts:1:7: expected ")"');
});

test('a status alone does not change the routes', () => {
  const routes = [{ host: 'api.example.org' }];
  const before = functionConfig(aFunction('hello', { routes }));
  assert.ok(sameRoutes(before, functionConfig(aFunction('hello', { routes }, { replicas: 3 }))));
  assert.ok(!sameRoutes(before, functionConfig(aFunction('hello', { routes: [{ host: 'other.example.org' }] }))));
});

test('has sizes in bytes, 0 where there is no limit', () => {
  const limited = functionConfig(aFunction('hello', { maxBodyBytes: '1Mi', queue: { maxBytes: 500 } }));
  assert.equal(limited.maxBodyBytes, 2 ** 20);
  assert.equal(limited.limits.queueMaxBytes, 500);
  const plain = functionConfig(aFunction('hello'));
  assert.equal(plain.maxBodyBytes, 0);
  assert.equal(plain.limits.queueMaxBytes, 64 * 2 ** 20);
});

test('what was learned before is taken from the status, as far as it is there', () => {
  const learned = { startMilliseconds: 300, requestMilliseconds: 50 };
  assert.deepEqual(functionConfig(aFunction('hello', {}, { scaling: { learned } })).learned, {
    startMs: 300,
    requestMs: 50,
  });
  assert.equal(functionConfig(aFunction('hello')).learned.startMs, undefined);
});

test('says which requests are stored: none without spec.async or with Never, and no body of more than 8 MiB', () => {
  const stored = (async?: object) => functionConfig(aFunction('hello', { ...(async && { async }) })).async;
  assert.deepEqual([stored(), stored({ mode: 'Never' })], [undefined, undefined]);
  assert.deepEqual(stored({}), { always: false, maxBodyBytes: 2 ** 20 });
  assert.deepEqual(stored({ mode: 'Always', maxBodyBytes: '8Mi' }), { always: true, maxBodyBytes: 2 ** 23 });
  const beyond = { ...aFunction('hello', { async: {} }) };
  if (beyond.spec.async !== undefined) beyond.spec.async.maxBodyBytes = '1Gi';
  assert.equal(functionConfig(beyond).async?.maxBodyBytes, 2 ** 23);
});
