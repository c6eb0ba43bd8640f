import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSettlement } from '../store/check-input.ts';
import { readAnswer } from '../store/kept-answer.ts';
import type { Settlement } from '../store/store.ts';
import type { Outcome } from './outcome.ts';
import { settlementOf } from './settlement-of.ts';

const lease = { id: 'a', epoch: 7 };
const policy = { resultMs: 60_000, maxResultBytes: 8 };

function answered(body: string, headers: string[] = []): Outcome {
  const answer = { status: 200, headers, truncated: false };
  return { kind: 'answered', answer: { by: 'function', started: true, answer }, body: Buffer.from(body) };
}

const done = (outcome: Outcome | undefined, isFull = false) =>
  settlementOf({ lease, verdict: { outcome: 'done' }, outcome, policy, isFull });
const kept = (settlement: Settlement) => {
  const result = 'result' in settlement && settlement.result ? readAnswer(settlement.result) : undefined;
  return result && { ...result.head, body: Buffer.from(result.body).toString() };
};

test('what is done is kept with its answer for as long as the function says', () => {
  const settlement = done(answered('hello', ['etag', '"1"']));
  assert.deepEqual(kept(settlement), { status: 200, headers: ['etag', '"1"'], truncated: false, body: 'hello' });
  assert.equal('keepMs' in settlement && settlement.keepMs, 60_000);
});

test('an answer that is larger than what is kept is cut', () => {
  assert.deepEqual(kept(done(answered('hello world'))), {
    status: 200,
    headers: [],
    truncated: true,
    body: 'hello wo',
  });
});

test('while too much waits for the store, answers are kept without their bodies', () => {
  assert.deepEqual(kept(done(answered('hello'), true)), { status: 200, headers: [], truncated: true, body: '' });
});

test('fields that are more than the store takes are left out', () => {
  const result = kept(done(answered('hello', ['x', 'y'.repeat(70_000)])));
  assert.deepEqual(result, { status: 200, headers: [], truncated: true, body: 'hello' });
});

test('what is given up is kept as long as the store says, with the last answer where there was one', () => {
  const verdict = { outcome: 'buried', reason: 'Refused', note: 'x'.repeat(5_000) } as const;
  const settlement = settlementOf({ lease, verdict, outcome: answered('no'), policy, isFull: false });
  assert.equal(kept(settlement)?.body, 'no');
  assert.equal('keepMs' in settlement, false);
  assert.equal(settlement.note?.length, 1_024);
  const broken = settlementOf({ lease, verdict, outcome: { kind: 'broken', note: '' }, policy, isFull: false });
  assert.equal(kept(broken), undefined);
});

test('a note is text that the store takes, whatever a gateway has said', () => {
  for (const note of ['\ud800', `${'x'.repeat(1_023)}\u{1f600}`]) {
    const verdict = { outcome: 'buried', reason: 'Refused', note } as const;
    const settlement = settlementOf({ lease, verdict, outcome: undefined, policy, isFull: false });
    assert.doesNotThrow(() => checkSettlement(settlement));
  }
});

test('what is tried again waits at least as long as it is to', () => {
  const verdict = { outcome: 'again', notBeforeMs: 1.2, counts: false, note: 'later' } as const;
  const settlement = settlementOf({ lease, verdict, outcome: undefined, policy, isFull: false });
  assert.deepEqual(settlement, { ...lease, outcome: 'again', notBeforeMs: 2, counts: false, note: 'later' });
});
