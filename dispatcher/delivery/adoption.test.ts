import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settled, until } from '#platform/testing/until.ts';
import { answering, type FakeGateway, Held } from './testing/fake-gateway.ts';
import { startDispatcher, TestDispatcher } from './testing/test-deliveries.ts';

test('a dispatcher that is replaced leaves its deliveries to the next one, and no handler runs twice', async () => {
  const held = new Held();
  await using all = await startDispatcher(held.handle);
  const { system, dispatcher, gateway } = all;
  const ids = system.enqueue('a', 5);
  await dispatcher.deliveries.start();
  await until(() => held.size === 5, 'they are under way');
  system.clock.advance(9_000);
  await dispatcher.deliveries.drain(AbortSignal.abort());
  await using next = new TestDispatcher(system, [gateway]);
  system.clock.advance(25_000);
  await next.deliveries.start();
  await until(() => gateway.attached.length === 5, 'they are taken over');
  system.clock.advance(10_000);
  const later = system.enqueue('a', 20);
  next.deliveries.wake('a');
  await until(() => gateway.deliveries.length === 10, 'they count in the room of their function');
  assert.equal(await settled(() => gateway.deliveries.length), 10);
  gateway.handle = () => answering(200);
  held.answer();
  await next.become([...ids, ...later], 'done');
  assert.equal(gateway.deliveries.length, 25);
  assert.equal(next.leasesLost, 0);
});

test('what has ended while no dispatcher was there is fetched by the next one', async () => {
  const held = new Held();
  await using all = await startDispatcher(held.handle);
  const { system, dispatcher, gateway } = all;
  const ids = system.enqueue('a', 2);
  await dispatcher.deliveries.start();
  await until(() => held.size === 2, 'they are under way');
  await dispatcher.deliveries.drain(AbortSignal.abort());
  await until(async () => (await gateway.connections) === 0, 'the gateway knows that it has gone');
  held.answer();
  await using next = new TestDispatcher(system, [gateway]);
  await next.deliveries.start();
  await next.become(ids, 'done');
  assert.equal(gateway.deliveries.length, 2);
});

test('what a gateway says it has is taken over only where its lease holds', async () => {
  const held = new Held();
  await using all = await startDispatcher(held.handle);
  const { system, dispatcher, gateway } = all;
  const [id] = system.enqueue('a') as [string];
  await dispatcher.deliveries.start();
  await until(() => held.size === 1, 'it is under way');
  await dispatcher.deliveries.drain(AbortSignal.abort());
  system.clock.advance(60_000);
  const [taken] = system.model.lease(new Map([['a', 1]]), 30_000).entries;
  assert.equal(taken?.id, id);
  await using next = new TestDispatcher(system, [gateway]);
  await next.deliveries.start();
  held.answer();
  assert.equal(await settled(() => gateway.attached.length), 0);
  assert.equal(system.state(id), 'leased');
});

test('gateways that do not say what they have hold up a start for some seconds at most', async () => {
  await using all = await startDispatcher(() => answering(200), 2);
  const { system, dispatcher, gateways } = all;
  const [hangs, good] = gateways as [FakeGateway, FakeGateway];
  hangs.raw = () => true;
  const ids = system.enqueue('a', 1);
  const starting = dispatcher.deliveries.start();
  assert.equal(await settled(() => good.deliveries.length), 0);
  system.clock.advance(4_000);
  await starting;
  await until(() => good.deliveries.length + hangs.deliveries.length >= 0, 'it leases');
  assert.ok(system.clock.nowMs() <= 4_000);
  dispatcher.list(good);
  await dispatcher.become(ids, 'done', 100);
});

test('a gateway that does not answer at a start is asked again for as long as its leases hold, and no handler runs twice', async () => {
  const held = new Held();
  await using all = await startDispatcher(held.handle);
  const { system, dispatcher, gateway } = all;
  const ids = system.enqueue('a', 2);
  await dispatcher.deliveries.start();
  await until(() => held.size === 2, 'they are under way');
  await dispatcher.deliveries.drain(AbortSignal.abort());
  let refused = 0;
  gateway.raw = (_, response) => {
    refused += 1;
    response.writeHead(503).end();
    return true;
  };
  await using next = new TestDispatcher(system, [gateway]);
  await next.deliveries.start();
  assert.equal(refused, 1);
  gateway.raw = () => false;
  await until(() => {
    system.clock.advance(20);
    return gateway.attached.length === 2;
  }, 'they are taken over');
  assert.ok(system.clock.nowMs() < 30_000);
  held.answer();
  await next.become(ids, 'done');
  assert.equal(gateway.deliveries.length, 2);
});

test('a store that does not take it when a lease is to be extended is asked again', async () => {
  const held = new Held();
  await using all = await startDispatcher(held.handle);
  const { system, dispatcher, gateway } = all;
  const ids = system.enqueue('a');
  await dispatcher.deliveries.start();
  await until(() => held.size === 1, 'it is under way');
  await dispatcher.deliveries.drain(AbortSignal.abort());
  const { extend } = system.store;
  system.store.extend = () => Promise.reject(new Error('not now'));
  await using next = new TestDispatcher(system, [gateway]);
  await next.deliveries.start();
  system.store.extend = extend;
  await until(() => {
    system.clock.advance(20);
    return gateway.attached.length === 1;
  }, 'it is taken over');
  held.answer();
  await next.become(ids, 'done');
});
