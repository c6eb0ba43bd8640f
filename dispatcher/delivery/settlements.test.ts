import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '#platform/testing/scripted-api-server.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import { until } from '#platform/testing/until.ts';
import type { Settled, Settlement } from '../store/store.ts';
import { Settlements } from './settlements.ts';

const done = (id: string, bytes = 0): Settlement => ({ id, epoch: 1, outcome: 'done', result: new Uint8Array(bytes) });
const ids = (batch: readonly Settlement[]) => batch.map(({ id }) => id);

/** A store whose answers the test gives. */
function scene(settle: (batch: readonly Settlement[]) => Promise<boolean[]>) {
  const clock = new TestClock();
  const batches: string[][] = [];
  const store = {
    settle: (batch: readonly Settlement[]) => {
      batches.push(ids(batch));
      return settle(batch).then((all) => all.map((holds) => ({ holds, dropped: 0 })));
    },
  };
  return { clock, batches, settlements: new Settlements({ store, clock, log: silentLog }) };
}

const holding = async (all: readonly Promise<Settled>[]) => (await Promise.all(all)).map(({ holds }) => holds);
const taking = async (batch: readonly Settlement[]) => batch.map(() => true);

test('what comes in one turn, or while a batch is written, is one batch', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { settlements, batches } = scene(async (batch) => {
    await promise;
    return taking(batch);
  });
  const all = ['a', 'b'].map((id) => settlements.settle(done(id)));
  await until(() => batches.length === 1, 'it is written');
  all.push(...['c', 'd', 'e'].map((id) => settlements.settle(done(id))));
  resolve();
  assert.deepEqual(await holding(all), [true, true, true, true, true]);
  assert.deepEqual(batches, [
    ['a', 'b'],
    ['c', 'd', 'e'],
  ]);
});

test('each is told whether its lease held', async () => {
  const { settlements } = scene(async (batch) => batch.map(({ id }) => id !== 'b'));
  const all = ['a', 'b', 'c'].map((id) => settlements.settle(done(id)));
  assert.deepEqual(await holding(all), [true, false, true]);
});

test('a batch is bounded in entries and in bytes', async () => {
  const { settlements, batches } = scene(taking);
  await Promise.all(Array.from({ length: 1_200 }, (_, number) => settlements.settle(done(`${number}`))));
  assert.deepEqual(
    batches.map(({ length }) => length),
    [500, 500, 200],
  );
  batches.length = 0;
  await Promise.all(['a', 'b', 'c'].map((id) => settlements.settle(done(id, 5 * 1_048_576))));
  assert.deepEqual(batches, [['a'], ['b'], ['c']]);
});

test('one that the store cannot take as it is does not keep the others from it', async () => {
  const { settlements } = scene(async (batch) => {
    if (batch.some(({ id }) => id === 'bad')) throw new RangeError('too long');
    return taking(batch);
  });
  const all = ['a', 'bad', 'c'].map((id) => settlements.settle(done(id)));
  assert.deepEqual(await holding(all), [true, false, true]);
  assert.equal(settlements.isStuck, false);
});

test('a store that is busy is asked again, later each time, and all is told by then', async () => {
  let fails = 3;
  const { settlements, batches, clock } = scene(async (batch) => {
    fails -= 1;
    if (fails >= 0) throw new Error('busy');
    return taking(batch);
  });
  const settled = settlements.settle(done('a'));
  for (const [index, delayMs] of [50, 200, 1_000].entries()) {
    await until(() => batches.length === index + 1 && clock.pending === 1, 'it was refused');
    assert.equal(settlements.isStuck, true);
    clock.advance(delayMs);
  }
  assert.deepEqual(await holding([settled]), [true]);
  assert.equal(settlements.isStuck, false);
});

test('too many bytes that wait are told, until they are written', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { settlements } = scene(async (batch) => {
    await promise;
    return taking(batch);
  });
  const all = Array.from({ length: 32 }, (_, number) => settlements.settle(done(`${number}`, 1_048_576)));
  assert.equal(settlements.isFull, true);
  resolve();
  await Promise.all(all);
  assert.equal(settlements.isFull, false);
});

test('an end waits for what is being written, and for no longer than it is told', async () => {
  const { settlements } = scene(taking);
  const settled = settlements.settle(done('a'));
  await settlements.close(new AbortController().signal);
  assert.deepEqual(await holding([settled]), [true]);
  assert.deepEqual(await holding([settlements.settle(done('b'))]), [false], 'nothing is taken any more');
  const stuck = scene(() => Promise.reject(new Error('busy')));
  const lost = stuck.settlements.settle(done('a'));
  await until(() => stuck.clock.pending === 1, 'it was refused');
  const stop = new AbortController();
  const closing = stuck.settlements.close(stop.signal);
  stop.abort();
  await closing;
  assert.deepEqual(await holding([lost]), [false]);
});

test('what waits to be written is of the lease that its entry has by then', async () => {
  let isDown = true;
  const epochs: number[] = [];
  const { settlements, clock, batches } = scene(async (batch) => {
    epochs.push(...batch.map(({ epoch }) => epoch));
    if (isDown) throw new Error('not now');
    return taking(batch);
  });
  const lease = { epoch: 1 };
  const settled = settlements.settle(done('a'), lease);
  await until(() => batches.length === 1, 'it is tried');
  lease.epoch = 2;
  isDown = false;
  await until(() => {
    clock.advance(50);
    return batches.length === 2;
  }, 'it is tried again');
  assert.ok((await settled).holds);
  assert.deepEqual(epochs, [1, 2]);
});
