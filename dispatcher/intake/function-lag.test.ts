import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestClock } from '#platform/testing/test-clock.ts';
import { until } from '#platform/testing/until.ts';
import { KeyedWaits } from '#platform/time/keyed-waits.ts';
import { FunctionLag } from './function-lag.ts';

const none = new AbortController().signal;

function scene() {
  const clock = new TestClock();
  const waits = new KeyedWaits(clock);
  const known = new Set<string>();
  const gone = new Set<string>();
  const functions = { knows: (uid: string) => known.has(uid), isGone: (uid: string) => gone.has(uid) };
  const lag = new FunctionLag({ functions, waits, clock });
  const over = async (uids: string[]) => {
    const startedAtMs = clock.nowMs();
    await lag.over(new Set(uids), none);
    return clock.nowMs() - startedAtMs;
  };
  return { clock, waits, known, gone, over };
}

test('a Function that becomes known is waited for, and no longer than that', async () => {
  const { clock, waits, known, over } = scene();
  known.add('old');
  const waiting = over(['old', 'new']);
  clock.advance(300);
  known.add('new');
  waits.tell('new');
  assert.deepEqual([await waiting, clock.pending], [300, 0]);
});

test('one that does not become known is waited for two seconds, once', async () => {
  const { clock, waits, over } = scene();
  const waiting = over(['never']);
  await until(() => waits.size === 1, 'it waits');
  clock.advance(2_000);
  assert.deepEqual([await waiting, await over(['never'])], [2_000, 0]);
  clock.advance(60_000);
  const again = over(['never']);
  await until(() => waits.size === 1, 'it waits again a minute later');
  clock.advance(2_000);
  assert.equal(await again, 2_000);
});

test('one that is gone is not waited for', async () => {
  const { gone, over } = scene();
  gone.add('gone');
  assert.equal(await over(['gone']), 0);
});

test('who has gone waits no longer', async () => {
  const clock = new TestClock();
  const functions = { knows: () => false, isGone: () => false };
  const lag = new FunctionLag({ functions, waits: new KeyedWaits(clock), clock });
  await lag.over(new Set(['a']), AbortSignal.abort());
  assert.equal(clock.pending, 0);
});
