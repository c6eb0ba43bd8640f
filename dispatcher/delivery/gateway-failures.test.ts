import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settled, until } from '#platform/testing/until.ts';
import { answering, type FakeGateway, Held, type Raw } from './testing/fake-gateway.ts';
import { startDispatcher } from './testing/test-deliveries.ts';

const refusing: Raw = (request, response) => {
  if (request.method !== 'POST') return false;
  response.writeHead(503, { connection: 'close' }).end();
  return true;
};

test('a delivery whose connection breaks goes on, and its answer is fetched', async () => {
  const held = new Held();
  await using all = await startDispatcher(held.handle);
  const { system, dispatcher, gateway } = all;
  const ids = system.enqueue('a', 3);
  await dispatcher.deliveries.start();
  await until(() => held.size === 3, 'they are under way');
  gateway.cut();
  await until(() => {
    system.clock.advance(50);
    return gateway.attached.length === 3;
  }, 'they are asked for again');
  held.answer();
  await dispatcher.become(ids, 'done');
  assert.equal(gateway.deliveries.length, 3, 'no handler ran twice');
  assert.deepEqual(dispatcher.came, ['done', 'done', 'done']);
});

test('a gateway that is there and knows nothing of a delivery has lost an attempt', async () => {
  const held = new Held();
  await using all = await startDispatcher(held.handle);
  const { system, dispatcher, gateway } = all;
  const ids = system.enqueue('a');
  await dispatcher.deliveries.start();
  await until(() => held.size === 1, 'it is under way');
  system.clock.advance(5_000);
  await gateway.kill();
  await gateway.listen();
  gateway.handle = () => answering(200);
  await dispatcher.become(ids, 'done', 50);
  assert.deepEqual(dispatcher.came, ['again', 'done']);
  assert.equal(gateway.deliveries[1]?.head.attempt, 2);
});

test('a gateway that has gone loses no attempt, and another one gets the delivery', async () => {
  const held = new Held();
  await using all = await startDispatcher(held.handle, 2);
  const { system, dispatcher, gateways } = all;
  const ids = system.enqueue('a', 4);
  await dispatcher.deliveries.start();
  await until(() => held.size === 4, 'both have some under way');
  const [first, second] = gateways as [FakeGateway, FakeGateway];
  assert.equal(first.deliveries.length, 2);
  second.handle = () => answering(200);
  dispatcher.list(second);
  await first.kill();
  await until(() => second.deliveries.length === 4, 'the other one has all');
  held.answer();
  await dispatcher.become(ids, 'done');
  assert.deepEqual(dispatcher.came.toSorted(), ['done', 'done', 'done', 'done', 'uncounted', 'uncounted']);
  assert.ok(second.deliveries.every(({ head }) => head.attempt === 1));
});

test('a delivery that ends each gateway that gets it is given up after its attempts', async () => {
  await using all = await startDispatcher(() => new Promise(() => undefined), 4);
  const { system, dispatcher, gateways } = all;
  system.function('a', { minBackoffMs: 1_000, maxBackoffMs: 1_000, maxAttempts: 3 });
  const alive = new Set(gateways);
  for (const gateway of gateways) {
    gateway.handle = () => {
      alive.delete(gateway);
      // The cluster tells of it some time after the connection has broken.
      gateway.kill().then(() => system.clock.after(1_000, () => dispatcher.list(...alive)));
      return new Promise(() => undefined);
    };
  }
  const ids = system.enqueue('a');
  await dispatcher.deliveries.start();
  await dispatcher.become(ids, 'buried', 20);
  assert.deepEqual(dispatcher.came, ['again', 'again', 'buried']);
  assert.equal(alive.size, 1);
});

test('a gateway that leaves goes on with what it has, and gets nothing more', async () => {
  const held = new Held();
  await using all = await startDispatcher(held.handle, 2);
  const { system, dispatcher, gateways } = all;
  const [leaving, staying] = gateways as [FakeGateway, FakeGateway];
  const ids = system.enqueue('a', 2);
  await dispatcher.deliveries.start();
  await until(() => held.size === 2, 'both have one');
  dispatcher.pool.set([
    { url: leaving.url, ready: false },
    { url: staying.url, ready: true },
  ]);
  leaving.cut();
  const more = system.enqueue('a', 4);
  dispatcher.deliveries.wake('a');
  await until(() => staying.deliveries.length === 5, 'the other one gets all');
  await until(() => {
    system.clock.advance(50);
    return leaving.attached.length === 1;
  }, 'it is asked for what it has');
  held.answer();
  await dispatcher.become([...ids, ...more], 'done');
  assert.equal(leaving.deliveries.length, 1);
});

test('a gateway that refuses, or cannot be reached, is left aside', async () => {
  await using all = await startDispatcher(() => answering(200), 3);
  const { system, dispatcher, gateways } = all;
  const [refuses, unreachable, good] = gateways as [FakeGateway, FakeGateway, FakeGateway];
  refuses.raw = refusing;
  await unreachable.kill();
  const ids = system.enqueue('a', 60);
  await dispatcher.deliveries.start();
  await dispatcher.become(ids, 'done');
  assert.equal(good.deliveries.length, 60);
  assert.ok(dispatcher.came.filter((came) => came === 'uncounted').length <= 20, 'those that were under way at first');
  assert.ok(!dispatcher.came.includes('again'));
});

test('without a gateway all waits, with nothing done in vain, until there is one', async () => {
  await using all = await startDispatcher(() => answering(200));
  const { system, dispatcher, gateway } = all;
  let leases = 0;
  const lease = system.store.lease;
  system.store.lease = (...args) => {
    leases += 1;
    return lease(...args);
  };
  dispatcher.list();
  const ids = system.enqueue('a', 5);
  await dispatcher.deliveries.start();
  system.clock.advance(30_000);
  assert.equal(await settled(() => leases), 0);
  dispatcher.list(gateway);
  await dispatcher.become(ids, 'done');
});

test('where no gateway takes anything, each is tried by one delivery now and then', async () => {
  await using all = await startDispatcher(() => answering(200));
  const { system, dispatcher, gateway } = all;
  gateway.raw = refusing;
  const ids = system.enqueue('a', 100);
  await dispatcher.deliveries.start();
  for (let second = 0; second < 60; second += 1) {
    system.clock.advance(1_000);
    await until(() => system.model.counts('a')[0]?.leased === 0, 'nothing is under way');
  }
  assert.ok(dispatcher.came.length < 25, `${dispatcher.came.length} in a minute`);
  gateway.raw = () => false;
  await dispatcher.become(ids, 'done', 500);
});

test('a token that is not good any more is read again', async () => {
  await using all = await startDispatcher(() => answering(200));
  const { system, dispatcher, gateway } = all;
  gateway.raw = (request, response) => {
    if (request.method !== 'POST') return false;
    gateway.raw = () => false;
    response.writeHead(401).end();
    return true;
  };
  const ids = system.enqueue('a');
  await dispatcher.deliveries.start();
  await dispatcher.become(ids, 'done', 100);
  assert.deepEqual(dispatcher.came, ['uncounted', 'done']);
});

test('a gateway that hangs is found out, and what it had is delivered by another', async () => {
  const held = new Held();
  await using all = await startDispatcher(held.handle, 2);
  const { system, dispatcher, gateways } = all;
  const [hangs, good] = gateways as [FakeGateway, FakeGateway];
  const ids = system.enqueue('a', 2);
  await dispatcher.deliveries.start();
  await until(() => held.size === 2, 'both have one');
  hangs.raw = () => true;
  good.handle = () => answering(200);
  await until(
    () => {
      system.clock.advance(20);
      return good.deliveries.length === 2;
    },
    'the other one has it',
    20_000,
  );
  held.answer();
  await dispatcher.become(ids, 'done', 100);
  assert.deepEqual(dispatcher.came.toSorted(), ['again', 'done', 'done']);
  assert.ok(system.clock.nowMs() < 120_000, `${system.clock.nowMs()}`);
});

test('a gateway that is listed no longer and hangs is found out too, and what it had is delivered by another', async () => {
  const held = new Held();
  await using all = await startDispatcher(held.handle, 2);
  const { system, dispatcher, gateways } = all;
  const [hangs, good] = gateways as [FakeGateway, FakeGateway];
  const ids = system.enqueue('a', 2);
  await dispatcher.deliveries.start();
  await until(() => held.size === 2, 'both have one');
  hangs.raw = () => true;
  good.handle = () => answering(200);
  dispatcher.list(good);
  await until(
    () => {
      system.clock.advance(20);
      return good.deliveries.length === 2;
    },
    'the other one has it',
    20_000,
  );
  held.answer();
  await dispatcher.become(ids, 'done', 100);
  assert.ok(system.clock.nowMs() < 120_000, `${system.clock.nowMs()}`);
});

test('the deliveries of a gateway that is listed no longer end with the process', async () => {
  const held = new Held();
  await using all = await startDispatcher(held.handle);
  const { system, dispatcher, gateway } = all;
  system.enqueue('a');
  await dispatcher.deliveries.start();
  await until(() => held.size === 1, 'it is under way');
  dispatcher.list();
  assert.equal(await gateway.connections, 1);
  dispatcher.pool[Symbol.dispose]();
  await until(async () => (await gateway.connections) === 0, 'its connection is closed');
});
