import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gate } from './stage.ts';

test('those who wait are let go when it opens', async () => {
  const gate = new Gate();
  const waiting = gate.loaded(60_000);
  gate.open();
  await waiting;
  assert.equal(gate.stage, 'ready');
});

test('nobody waits longer than they said', async () => {
  const gate = new Gate();
  await gate.loaded(1);
  assert.equal(gate.stage, 'loading');
});

test('a gate that was left does not open again, and a failed one stays failed', () => {
  const gate = new Gate();
  gate.leave();
  gate.open();
  assert.equal(gate.stage, 'leaving');
  gate.fail();
  gate.leave();
  assert.equal(gate.stage, 'failed');
});
