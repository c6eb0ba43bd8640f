import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERROR_STATUS, type ErrorCode } from '#api/errors.ts';
import type { DeliveryAnswer } from '#api/invocations.ts';
import type { Outcome } from './outcome.ts';
import { type Circumstances, verdict, verdictByAge } from './verdict.ts';

const NOW_MS = 1_000_000;
const policy = { maxAttempts: 5, minBackoffMs: 1_000, maxBackoffMs: 300_000, maxAgeMs: 21_600_000 };

const at = (change: Partial<Circumstances> = {}): Circumstances => ({
  attempt: 1,
  ageFromMs: NOW_MS,
  policy,
  nowMs: NOW_MS,
  random: 0.5,
  ...change,
});

function answered(status: number, change: Partial<DeliveryAnswer> = {}, headers: string[] = []): Outcome {
  const answer = { status, headers, truncated: false };
  return { kind: 'answered', answer: { by: 'function', started: true, answer, ...change }, body: new Uint8Array() };
}

function byGateway(code: ErrorCode, started: boolean, headers: string[] = []): Outcome {
  return answered(ERROR_STATUS[code], { by: 'gateway', code, started }, headers);
}

const outcomeOf = (outcome: Outcome, change?: Partial<Circumstances>) => verdict(outcome, at(change)).outcome;
const again = (outcome: Outcome, change?: Partial<Circumstances>) => {
  const given = verdict(outcome, at(change));
  assert.equal(given.outcome, 'again');
  return given as typeof given & { outcome: 'again' };
};

test('what the function answers with 2xx or 3xx is done', () => {
  for (const status of [200, 201, 204, 299, 301, 304, 308])
    assert.deepEqual(verdict(answered(status), at()), { outcome: 'done' });
});

test('what may succeed later is tried again, and was an attempt', () => {
  for (const status of [408, 425, 429, 500, 502, 503, 504, 599]) {
    const { counts, pause } = again(answered(status));
    assert.deepEqual([counts, pause], [true, undefined], String(status));
  }
});

test('other answers below 500 are final', () => {
  for (const status of [400, 401, 404, 409, 410, 422, 451])
    assert.equal(outcomeOf(answered(status)), 'buried', String(status));
});

test('what the handler threw, its time limits and a replica that broke off are attempts', () => {
  assert.equal(again(answered(500, { code: 'HandlerFailed' })).counts, true);
  for (const code of ['Timeout', 'FirstByteTimeout', 'IdleTimeout', 'ReplicaFailed', 'InternalError'] as const)
    assert.equal(again(byGateway(code, true)).counts, true, code);
  assert.equal(again(byGateway('InternalError', false)).counts, true);
});

test('what the gateway answers before the function has begun is no attempt, and the function pauses', () => {
  const codes = [
    'QueueFull',
    'QueueTimeout',
    'RevisionFailed',
    'NotStarted',
    'GatewayBusy',
    'FunctionNotFound',
  ] as const;
  for (const code of codes) {
    const { counts, pause, notBeforeMs } = again(byGateway(code, false), { attempt: 5 });
    assert.deepEqual([counts, pause, notBeforeMs], [false, { askedMs: undefined }, NOW_MS], code);
  }
  assert.equal(again(answered(503, { code: 'NotStarted', started: false })).counts, false);
});

test('a pause is as long as the gateway asks', () => {
  assert.deepEqual(again(byGateway('QueueTimeout', false, ['retry-after', '7'])).pause, { askedMs: 7_000 });
});

test('what a gateway cuts off that leaves is no attempt, whether it had begun or not, and pauses nothing', () => {
  for (const started of [true, false]) {
    const { counts, pause } = again(byGateway('GatewayUnavailable', started), { attempt: 5 });
    assert.deepEqual([counts, pause], [false, undefined]);
  }
  const { counts, pause } = again({ kind: 'undelivered', note: 'no gateway could be reached' }, { attempt: 5 });
  assert.deepEqual([counts, pause], [false, undefined]);
});

test('what the gateway will never deliver is given up at once', () => {
  for (const code of ['BadRequest', 'BodyTooLarge', 'HeadersTooLarge', 'NotSupported'] as const)
    assert.equal(outcomeOf(byGateway(code, false)), 'buried', code);
});

test('a delivery of which nothing is known is an attempt', () => {
  assert.equal(again({ kind: 'broken', note: 'the gateway broke off' }).counts, true);
});

test('the last attempt that fails buries, with a note of what it came to', () => {
  const given = verdict(answered(503), at({ attempt: 5 }));
  assert.deepEqual(given, {
    outcome: 'buried',
    note: 'the function answered 503 (attempt 5, the last)',
    reason: 'AttemptsUsedUp',
  });
  assert.equal(outcomeOf({ kind: 'broken', note: '' }, { attempt: 6 }), 'buried');
  assert.equal(outcomeOf(answered(503), { attempt: 1, policy: { ...policy, maxAttempts: 1 } }), 'buried');
});

test('the wait grows with the attempts, and is at least Retry-After', () => {
  assert.equal(again(answered(503), { attempt: 3 }).notBeforeMs, NOW_MS + 2_000);
  assert.equal(again(answered(503, {}, ['retry-after', '60'])).notBeforeMs, NOW_MS + 60_000);
  assert.equal(again(answered(503, {}, ['retry-after', '0']), { attempt: 3 }).notBeforeMs, NOW_MS + 2_000);
});

test('no Retry-After is waited for longer than four times the longest wait', () => {
  assert.equal(again(answered(503, {}, ['retry-after', '999999'])).notBeforeMs, NOW_MS + 1_200_000);
});

test('what would be too old at its next attempt is given up now', () => {
  const young = { ...policy, maxAgeMs: 10_000 };
  assert.equal(outcomeOf(answered(503, {}, ['retry-after', '9']), { policy: young }), 'again');
  const given = verdict(answered(503, {}, ['retry-after', '10']), at({ policy: young }));
  assert.equal(given.outcome, 'buried');
  assert.equal(given.note, 'the function answered 503; it was not done within 10 s (maxAgeSeconds)');
});

test('an entry that is too old is given up without an attempt', () => {
  assert.equal(verdictByAge(at({ nowMs: NOW_MS + policy.maxAgeMs - 1 })), undefined);
  assert.equal(verdictByAge(at({ nowMs: NOW_MS + policy.maxAgeMs }))?.outcome, 'buried');
  assert.equal(verdictByAge(at({ ageFromMs: undefined, nowMs: Number.MAX_SAFE_INTEGER })), undefined);
});

test('what the gateway did not let begin is not tried at the expense of its age alone', () => {
  assert.equal(outcomeOf(byGateway('QueueFull', false), { nowMs: NOW_MS + policy.maxAgeMs - 1 }), 'again');
});
