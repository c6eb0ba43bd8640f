import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settled, until } from '#platform/testing/until.ts';
import { answering } from './testing/fake-gateway.ts';
import { startDispatcher } from './testing/test-deliveries.ts';

test('a lease that was lost is not settled, and its end is told by none', async () => {
  let answer = (): void => undefined;
  await using all = await startDispatcher(
    () =>
      new Promise((resolve) => {
        answer = () => resolve(answering(200));
      }),
  );
  const { system, dispatcher, gateway } = all;
  system.function('a');
  const ids = system.enqueue('a');
  await dispatcher.deliveries.start();
  await until(() => gateway.deliveries.length === 1, 'it is under way');
  system.model.cancel(ids);
  system.clock.advance(10_000);
  await until(() => dispatcher.leasesLost === 1, 'the lease is known to be lost');
  answer();
  assert.equal(system.state(ids[0]), 'cancelled');
  assert.deepEqual([dispatcher.ended, dispatcher.came], [[], []]);
});

test('a dispatcher that hangs loses its leases, and does no harm when it comes back', async () => {
  const finish: (() => void)[] = [];
  await using all = await startDispatcher(() => new Promise((resolve) => finish.push(() => resolve(answering(200)))));
  const { system, dispatcher, gateway } = all;
  system.function('a');
  const ids = system.enqueue('a');
  await dispatcher.deliveries.start();
  await until(() => gateway.deliveries.length === 1, 'it is under way');
  // As if nothing of it ran for longer than its leases: another one takes the entry, and gives it up.
  const extend = system.store.extend;
  system.store.extend = () => new Promise(() => undefined);
  system.clock.advance(31_000);
  const [taken] = system.model.lease(new Map([['a', 1]]), 30_000).entries;
  assert.ok(taken !== undefined);
  system.store.extend = extend;
  finish[0]?.();
  await until(() => dispatcher.leasesLost > 0, 'what came late is worth nothing');
  assert.equal(system.state(ids[0]), 'leased');
  assert.deepEqual(system.model.settle([{ ...taken, outcome: 'buried' }]), [{ holds: true, dropped: 0 }]);
  assert.deepEqual(dispatcher.ended, []);
});

test('leases are extended for as long as a function takes', async () => {
  let answer = (): void => undefined;
  await using all = await startDispatcher(
    () =>
      new Promise((resolve) => {
        answer = () => resolve(answering(200));
      }),
  );
  const { system, dispatcher, gateway } = all;
  system.function('a');
  const ids = system.enqueue('a');
  await dispatcher.deliveries.start();
  await until(() => gateway.deliveries.length === 1, 'it is under way');
  for (let seconds = 10; seconds <= 100; seconds += 10) {
    system.clock.advance(10_000);
    const leasedForMs = await settled(() => (system.model.entry(ids[0] as string)?.dueAtMs ?? 0) - system.wallMs());
    assert.equal(leasedForMs, 30_000, `after ${seconds} s`);
  }
  answer();
  await dispatcher.become(ids, 'done');
  assert.equal(gateway.deliveries.length, 1);
});

test('a store that refuses for a while gets what became of each delivery in the end', async () => {
  await using all = await startDispatcher(() => answering(200));
  const { system, dispatcher } = all;
  const settle = system.store.settle;
  let refused = 0;
  system.store.settle = async (batch) => {
    refused += 1;
    if (refused <= 4) throw new Error('busy');
    return settle(batch);
  };
  system.function('a');
  const ids = system.enqueue('a', 5);
  await dispatcher.deliveries.start();
  await dispatcher.become(ids, 'done', 50);
  assert.equal(dispatcher.leasesLost, 0);
});

test('a store that cannot lease or read for a while holds up no more than that', async () => {
  await using all = await startDispatcher(() => answering(200));
  const { system, dispatcher } = all;
  const { lease, payloads } = system.store;
  let [leases, reads] = [0, 0];
  system.store.lease = async (...args) => {
    leases += 1;
    if (leases <= 2) throw new Error('busy');
    return lease(...args);
  };
  system.store.payloads = async (...args) => {
    reads += 1;
    if (reads <= 2) throw new Error('busy');
    return payloads(...args);
  };
  system.function('a');
  const ids = system.enqueue('a', 5);
  await dispatcher.deliveries.start();
  await dispatcher.become(ids, 'done', 50);
});
