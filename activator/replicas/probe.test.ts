import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probePauseMs } from './probe.ts';

test('a pod that has just got its address is asked every few milliseconds', () => {
  assert.ok(probePauseMs(0, 1) <= 5);
  assert.ok(probePauseMs(900, 1) <= 25);
});

test('one that takes its time is asked less and less, at last twice a second', () => {
  assert.ok(probePauseMs(2_000, 1) < probePauseMs(5_000, 1));
  assert.equal(probePauseMs(60_000, 1), 500);
});

test('a crowd of starting pods is asked at a rate that leaves time for requests', () => {
  const triesPerSecond = (1_000 / probePauseMs(0, 200)) * 200;
  assert.ok(triesPerSecond <= 2_000, `${triesPerSecond} tries a second`);
  assert.equal(probePauseMs(0, 100_000), 500);
});
