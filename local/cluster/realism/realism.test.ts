import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lateMs } from './plan.ts';
import { Realism, realismOf } from './realism.ts';

test('each kind of event has a sequence of its own', () => {
  const realism = new Realism(7);
  realism.lateMs('watchEvent');
  assert.equal(realism.lateMs('readiness'), lateMs(7, 'readiness', 0));
  assert.equal(realism.lateMs('readiness'), lateMs(7, 'readiness', 1));
});

test('however many requests come, one a second at most is turned away', () => {
  let nowMs = 0;
  const realism = new Realism(7, () => nowMs);
  const times: number[] = [];
  for (; nowMs < 20_000; nowMs += 1) if (realism.turnsAway()) times.push(nowMs);
  assert.ok(times.length > 10, `${times.length}`);
  assert.ok(times.every((time, index) => index === 0 || time - (times[index - 1] ?? 0) >= 1_000));
});

test('without a seed there is none', () => {
  assert.equal(realismOf({}), undefined);
});
