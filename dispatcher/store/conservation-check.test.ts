import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '#platform/testing/scripted-api-server.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import { until } from '#platform/testing/until.ts';
import { ConservationCheck } from './conservation-check.ts';

const EACH_MINUTE = { log: silentLog, pauseMs: 60_000 };

test('the store is counted each minute, and what it lacks stays told', async () => {
  const clock = new TestClock();
  let answer: Promise<number> = Promise.resolve(0);
  using check = new ConservationCheck({ store: { unaccounted: () => answer }, clock, ...EACH_MINUTE });
  assert.equal(check.found, undefined);
  clock.advance(60_000);
  await until(() => check.found === 0 && clock.pending === 1, 'it has looked');
  answer = Promise.resolve(3);
  clock.advance(60_000);
  await until(() => check.found === 3 && clock.pending === 1, 'it has looked again');
  answer = Promise.reject(new Error('busy'));
  clock.advance(60_000);
  await until(() => clock.pending === 1, 'it will look again');
  assert.equal(check.found, 3);
});

test('a store that takes seconds to be counted is counted less often', async () => {
  const clock = new TestClock();
  const { promise, resolve } = Promise.withResolvers<number>();
  using check = new ConservationCheck({ store: { unaccounted: () => promise }, clock, ...EACH_MINUTE });
  clock.advance(60_000);
  clock.advance(2_000);
  resolve(0);
  await until(() => check.found === 0 && clock.pending === 1, 'it has looked');
  let looks = 0;
  clock.after(199_999, () => {
    looks = clock.pending;
  });
  clock.advance(199_999);
  assert.equal(looks, 1, 'it has not looked again');
  check[Symbol.dispose]();
  assert.equal(clock.pending, 0);
});
