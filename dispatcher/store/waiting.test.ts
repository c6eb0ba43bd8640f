import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAYLOAD, RESULT, Waiting, weightOf } from './waiting.ts';

const batch = weightOf(new Array(1_000));

test('what is only shown leaves room for what is to be written, however much of it is asked for', () => {
  const waiting = new Waiting('the store');
  let shown = 0;
  for (const weight of new Array(100).fill([PAYLOAD, RESULT]).flat()) {
    if (waiting.refusal(weight) !== undefined) continue;
    waiting.add(weight);
    shown += 1;
  }
  assert.ok(shown >= 8 && shown < 40, String(shown));
  for (let written = 0; written < 1; written += 1) {
    assert.equal(waiting.refusal(batch), undefined);
    waiting.add(batch);
  }
  assert.equal(waiting.refusal(batch)?.code, 'Busy');
});

test('once it was shown there is room for the next', () => {
  const waiting = new Waiting('the store');
  for (let shown = 0; shown < 12; shown += 1) waiting.add(PAYLOAD);
  assert.equal(waiting.refusal(RESULT)?.code, 'Busy');
  waiting.remove(PAYLOAD);
  assert.equal(waiting.refusal(PAYLOAD), undefined);
});
