import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settled, until } from '#platform/testing/until.ts';
import { answering, type FakeAnswer, FakeGateway, type Handle, type Raw } from './testing/fake-gateway.ts';
import { TestDispatcher, TestSystem } from './testing/test-deliveries.ts';

/** A handler that answers when the test says so. */
class Held {
  readonly #waiting: ((answer: FakeAnswer) => void)[] = [];
  readonly handle: Handle = () => new Promise((resolve) => this.#waiting.push(resolve));

  get size(): number {
    return this.#waiting.length;
  }

  answer(answer = answering(200)): void {
    for (const resolve of this.#waiting.splice(0)) resolve(answer);
  }
}

async function started(handle: Handle, count = 1) {
  const stack = new AsyncDisposableStack();
  const system = new TestSystem();
  const gateways: FakeGateway[] = [];
  for (let number = 0; number < count; number += 1) gateways.push(stack.use(await FakeGateway.start(handle)));
  const dispatcher = stack.use(new TestDispatcher(system, gateways));
  system.function('a', { minBackoffMs: 1_000, maxBackoffMs: 1_000 });
  const [gateway] = gateways as [FakeGateway];
  return { system, gateway, gateways, dispatcher, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const refusing: Raw = (request, response) => {
  if (request.method !== 'POST') return false;
  response.writeHead(503, { connection: 'close' }).end();
  return true;
};

test('a delivery whose connection breaks goes on, and its answer is fetched', async () => {
  const held = new Held();
  await using all = await started(held.handle);
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
  await using all = await started(held.handle);
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
  await using all = await started(held.handle, 2);
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

test('a gateway that leaves goes on with what it has, and gets nothing more', async () => {
  const held = new Held();
  await using all = await started(held.handle, 2);
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
  await using all = await started(() => answering(200), 3);
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
  await using all = await started(() => answering(200));
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
  await using all = await started(() => answering(200));
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
  await using all = await started(() => answering(200));
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

const GARBAGE: Record<string, (...parts: Parameters<Raw>) => void> = {
  'is no frame': (_, response) => void response.end('hello'),
  'is empty': (_, response) => void response.end(),
  'is a redirect': (_, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  'is no HTTP': (request) => void request.socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n'),
  'is larger than may be': (_, response) => void response.end(Buffer.alloc(10 * 1_048_576)),
  'never ends': (_, response) => {
    const more = () => void (response.destroyed || (response.write(Buffer.alloc(65_536)) && setImmediate(more)));
    response.on('drain', more);
    more();
  },
  'says that it is longer than it is': (_, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('x');
    response.socket?.end();
  },
  'is refused as it is': (_, response) => void response.writeHead(400).end(),
};

for (const [what, answer] of Object.entries(GARBAGE)) {
  test(`an answer of a gateway that ${what} ends one attempt`, async () => {
    await using all = await started(() => answering(200));
    const { system, dispatcher, gateway } = all;
    let isFirst = true;
    gateway.raw = (request, response) => {
      if (!isFirst || request.method !== 'POST') return false;
      isFirst = false;
      answer(request, response);
      return true;
    };
    const ids = system.enqueue('a');
    await dispatcher.deliveries.start();
    await dispatcher.become(ids, 'done', 50);
    assert.deepEqual(dispatcher.came, ['again', 'done']);
  });
}

test('a gateway that hangs is found out, and what it had is delivered by another', async () => {
  const held = new Held();
  await using all = await started(held.handle, 2);
  const { system, dispatcher, gateways } = all;
  const [hangs, good] = gateways as [FakeGateway, FakeGateway];
  const ids = system.enqueue('a', 2);
  await dispatcher.deliveries.start();
  await until(() => held.size === 2, 'both have one');
  hangs.raw = () => true;
  good.handle = () => answering(200);
  await until(
    () => {
      system.clock.advance(50);
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

test('a dispatcher that is replaced leaves its deliveries to the next one, and no handler runs twice', async () => {
  const held = new Held();
  await using all = await started(held.handle);
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
  await using all = await started(held.handle);
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
  await using all = await started(held.handle);
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
  await using all = await started(() => answering(200), 2);
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
