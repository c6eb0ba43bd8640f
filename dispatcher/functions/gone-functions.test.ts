import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '#platform/testing/scripted-api-server.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import { until } from '#platform/testing/until.ts';
import { type FunctionCounts, StoreError, type StoreErrorCode } from '../store/store.ts';
import { GoneFunctions } from './gone-functions.ts';

const TEN_MINUTES_MS = 600_000;

/** A store with so many parts of entries of each uid, which fails as long as `failure` says so. */
class FakeStore {
  readonly parts: Map<string, number>;
  failure: StoreErrorCode | undefined;
  calls = 0;

  constructor(parts: Record<string, number>) {
    this.parts = new Map(Object.entries(parts));
  }

  async cancelByOwner(uid: string): Promise<{ removed: number; more: boolean }> {
    this.calls += 1;
    if (this.failure !== undefined) throw new StoreError(this.failure, 'it fails');
    const left = this.parts.get(uid) ?? 0;
    if (left <= 1) this.parts.delete(uid);
    else this.parts.set(uid, left - 1);
    return { removed: left === 0 ? 0 : 1_000, more: left > 1 };
  }

  async counts(): Promise<FunctionCounts[]> {
    if (this.failure !== undefined) throw new StoreError(this.failure, 'it fails');
    return [...this.parts.keys()].map((uid) => ({ owner: { uid, namespace: 'a', name: uid } }) as FunctionCounts);
  }
}

function scene(parts: Record<string, number>, alive: readonly string[] = []) {
  const store = new FakeStore(parts);
  const clock = new TestClock();
  const isGone = ({ uid }: { uid: string }) => !alive.includes(uid);
  const gone = new GoneFunctions({ store, isGone, clock, random: () => 0.5, log: silentLog });
  return { store, clock, gone, left: () => [...store.parts.keys()] };
}

test('of a function that is gone all entries go, however many parts that takes, and no others', async () => {
  const { gone, left, store } = scene({ gone: 3, other: 1 });
  gone.add('gone');
  await until(() => left().length === 1, 'one is left');
  assert.deepEqual([left(), store.calls], [['other'], 3]);
});

test('while the store fails it is tried again, at growing intervals, until it is done', async () => {
  const { gone, store, clock, left } = scene({ a: 1, b: 1 });
  store.failure = 'Busy';
  gone.add('a');
  gone.add('b');
  await until(() => clock.pending === 1, 'it waits');
  clock.advance(500);
  await until(() => store.calls === 2 && clock.pending === 1, 'it has tried again');
  store.failure = undefined;
  clock.advance(500);
  assert.equal(store.calls, 2, 'it waits longer now');
  clock.advance(500);
  await until(() => left().length === 0, 'both are done');
});

test('after a start and every ten minutes what has entries and is gone is found', async () => {
  const { gone, store, clock, left } = scene({ gone: 1, alive: 2 }, ['alive']);
  await gone.compare();
  await until(() => left().length === 1, 'one is left');
  assert.deepEqual(left(), ['alive']);
  store.parts.set('late', 1);
  clock.advance(TEN_MINUTES_MS);
  await until(() => left().length === 1, 'the late one is found');
  store.failure = 'Failed';
  clock.advance(TEN_MINUTES_MS);
  await until(() => clock.pending === 1, 'it looks again later');
});

test('with the store it ends', async () => {
  const { gone, store, clock } = scene({ a: 1 });
  store.failure = 'Closed';
  gone.add('a');
  await until(() => store.calls === 1, 'it was tried');
  gone.add('b');
  await gone.compare();
  assert.deepEqual([store.calls, clock.pending], [1, 0]);
});
