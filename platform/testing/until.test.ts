import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settled, until } from './until.ts';

test('until waits for a condition, and says which one did not come', async () => {
  let looks = 0;
  await until(() => ++looks === 3, 'the third look');
  assert.equal(looks, 3);
  await assert.rejects(
    until(async () => false, 'the impossible', 5),
    { message: 'not within 5 ms: the impossible' },
  );
});

test('settled waits for what flows to stop', async () => {
  let looks = 0;
  assert.equal(await settled(() => Math.min(++looks, 5)), 5);
  assert.ok(looks >= 25, `${looks} looks`);
  await assert.rejects(
    settled(() => looks++, 50),
    /never still within 50 ms/,
  );
});
