import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GatewayError } from '../errors/gateway-error.ts';
import type { Replica } from '../replicas/replica.ts';
import { type Prospects, whyNotAlso, whyNotWait } from './prospects.ts';

const failed = (reason: string): GatewayError => ({ code: 'RevisionFailed', reason, message: '' });
const QUOTA = failed('QuotaExceeded');
const ANSWERS = [{} as Replica];
interface Some extends Omit<Partial<Prospects>, 'config' | 'health'> {
  config?: Partial<Prospects['config']>;
  health?: Partial<Prospects['health']>;
}
/** Of a revision that failed at 0 and may be started again at 10,000; now it is 5,000. */
const some = ({ config, health, ...more }: Some = {}): Prospects => ({
  isLatest: true,
  hasAnswered: false,
  wakingSinceMs: undefined,
  failureSeenAtMs: 0,
  dueAtMs: 10_000,
  nowMs: 5_000,
  ...more,
  config: { firstFailure: undefined, latestFailure: QUOTA, serving: 'r', latest: 'r', ...config },
  health: { answering: [], failure: undefined, ...health },
});

test('a failed start is the answer while it is young, with when to ask again, and the next request starts it after that', () => {
  assert.deepEqual(whyNotWait(some()), { ...QUOTA, retryAfterSeconds: 5 });
  assert.deepEqual(whyNotWait(some({ nowMs: 9_999 })), { ...QUOTA, retryAfterSeconds: 1 });
  assert.deepEqual(whyNotWait(some({ health: { failure: QUOTA } })), { ...QUOTA, retryAfterSeconds: 5 });
  assert.equal(whyNotWait(some({ nowMs: 10_000 })), undefined);
});

test('the request that starts it again waits, until that start has failed too', () => {
  const starting = { nowMs: 12_000, wakingSinceMs: 11_000 };
  assert.equal(whyNotWait(some(starting)), undefined);
  assert.equal(whyNotWait(some({ ...starting, failureSeenAtMs: 11_500 })), QUOTA);
});

test('a source that never made a revision, pods that fail and a taken name are final', () => {
  const compile = failed('CompileFailed');
  assert.equal(whyNotWait(some({ config: { firstFailure: compile, latestFailure: undefined } })), compile);
  const crash = failed('CrashLoop');
  assert.equal(whyNotWait(some({ health: { failure: crash }, nowMs: 20_000 })), crash);
  const taken = failed('NameTaken');
  assert.equal(whyNotWait(some({ config: { latestFailure: taken }, nowMs: 20_000 })), taken);
});

test('nothing keeps requests from a revision that answers, is about to again, or is not the one that failed', () => {
  assert.equal(whyNotWait(some({ health: { answering: ANSWERS } })), undefined);
  assert.equal(whyNotWait(some({ hasAnswered: true, config: { latestFailure: failed('CrashLoop') } })), undefined);
  assert.equal(whyNotWait(some({ isLatest: false })), undefined);
  assert.equal(whyNotWait(some({ config: { latestFailure: undefined } })), undefined);
});

test('beside the one that starts a failed revision again none waits, unless another revision takes its place', () => {
  assert.equal(whyNotAlso(some()), QUOTA);
  assert.equal(whyNotAlso(some({ config: { serving: 'old' } })), undefined);
  assert.equal(whyNotAlso(some({ hasAnswered: true })), undefined);
  assert.equal(whyNotAlso(some({ health: { answering: ANSWERS } })), undefined);
  assert.equal(whyNotAlso(some({ config: { latestFailure: undefined } })), undefined);
});
