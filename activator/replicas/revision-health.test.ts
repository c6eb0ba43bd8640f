import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from './known-pod.ts';
import { Replica } from './replica.ts';
import { healthOf } from './revision-health.ts';

const aPod = (some: Partial<Pod> & { answers?: boolean; silentSinceMs?: number } = {}): Pod => {
  const { answers = false, silentSinceMs, ...rest } = some;
  const state = {
    uid: 'u',
    name: 'p',
    functionKey: 'a/b',
    revision: 'r',
    scheduled: true,
    ip: '127.0.0.1',
    port: 1,
    probe: 'ready',
  } as const;
  const replica = new Replica({ ...state, leaving: false, failure: undefined });
  replica.answering = answers;
  replica.silentSinceMs = silentSinceMs;
  return {
    uid: 'u',
    revision: 'r',
    replica,
    failure: undefined,
    failedAtMs: undefined,
    startingSinceMs: undefined,
    isDoubted: false,
    ...rest,
  };
};
const failing = (failedAtMs: number, finalAfterMs: number, message = '') =>
  aPod({ failure: { reason: 'CrashLoop', message, finalAfterMs }, failedAtMs });
const failed = (failedAtMs: number, message = '') => failing(failedAtMs, 0, message);

test('counts the pods of the one revision, and those that answer', () => {
  const health = healthOf([aPod(), aPod({ answers: true }), aPod({ revision: 'other', answers: true })], 'r', 0);
  assert.equal(health.pods, 2);
  assert.equal(health.answering.length, 1);
});

test('a revision has failed when all its pods have', () => {
  const health = healthOf([failed(2, 'later'), failed(1, 'first')], 'r', 2);
  assert.deepEqual(health.failure, { code: 'RevisionFailed', reason: 'CrashLoop', message: 'first' });
});

test('a pod that may still start gives the revision a second, no more', () => {
  const pods = [failed(100), aPod()];
  assert.equal(healthOf(pods, 'r', 1_099).failure, undefined);
  assert.equal(healthOf(pods, 'r', 1_099).lookAgainAtMs, 1_100);
  assert.equal(healthOf(pods, 'r', 1_100).failure?.reason, 'CrashLoop');
});

test('what may pass is believed when it lasts, and is the reason for the wait until then', () => {
  const pods = [failing(100, 5_000, 'busy')];
  const early = healthOf(pods, 'r', 5_099);
  assert.deepEqual([early.failure, early.heldUpBy?.message, early.lookAgainAtMs], [undefined, 'busy', 5_100]);
  assert.equal(healthOf(pods, 'r', 5_100).failure?.reason, 'CrashLoop');
});

test('a pod that may start at any time is never given up', () => {
  const health = healthOf([failing(0, Number.POSITIVE_INFINITY, 'no node')], 'r', 1e9);
  assert.deepEqual([health.failure, health.heldUpBy?.message, health.lookAgainAtMs], [undefined, 'no node', undefined]);
});

test('a revision with a replica that answers has not failed', () => {
  assert.equal(healthOf([failed(0), aPod({ answers: true })], 'r', 9_999).failure, undefined);
});

test('no pods are no failure', () => {
  assert.equal(healthOf([], 'r', 0).failure, undefined);
});

test('a replica that does not answer any more is silent after a second, and it is looked at then', () => {
  const pods = [aPod({ answers: true }), aPod({ silentSinceMs: 1_000 }), aPod({ silentSinceMs: 1_500 })];
  const soon = healthOf(pods, 'r', 1_999);
  assert.equal(soon.silent, 0);
  assert.equal(soon.lookAgainAtMs, 2_000);
  assert.equal(healthOf(pods, 'r', 2_000).silent, 1);
  assert.equal(healthOf(pods, 'r', 2_500).silent, 2);
});

test('one that is doubted counts as such for a moment, then as silent', () => {
  const pods = [aPod({ isDoubted: true, silentSinceMs: 100 }), aPod({ silentSinceMs: 100 }), aPod({ isDoubted: true })];
  const of = (nowMs: number) => {
    const { doubted, silent, lookAgainAtMs } = healthOf(pods, 'r', nowMs);
    return { doubted, silent, lookAgainAtMs };
  };
  assert.deepEqual(of(1_099), { doubted: 1, silent: 0, lookAgainAtMs: 1_100 });
  assert.deepEqual(of(1_100), { doubted: 0, silent: 2, lookAgainAtMs: undefined });
});
