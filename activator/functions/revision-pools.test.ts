import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { HEADER } from '#api/names.ts';
import { aFunction, aPod, ask, TestGateway, until } from '../testing/test-gateway.ts';

const both = { revision: 'hello-1', latestRevision: 'hello-2' };
const one = { concurrency: { limit: 1 } };

/** Sends a request to each path, each once the one before is known. */
async function askInOrder(gateway: TestGateway, paths: readonly string[], signal?: AbortSignal) {
  const traffic = gateway.traffic('hello');
  const asked: Promise<string>[] = [];
  for (const path of paths) {
    const before = traffic.requests;
    const answer = ask(gateway.port, { path, ...(signal && { signal }) });
    asked.push(answer.then(({ body }) => body));
    await until(() => traffic.requests > before, `${path} has come`);
  }
  return asked;
}

/** A replica that keeps what it gets until the test answers it. */
async function holdingReplica(gateway: TestGateway, name: string, revision: string): Promise<ServerResponse[]> {
  const held: ServerResponse[] = [];
  await gateway.addReplica(name, revision, (_req, res) => void held.push(res));
  return held;
}

test('what waits for a revision goes to the one that is chosen next, in the order that it came', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', one));
  const traffic = gateway.traffic('hello');
  const leaves = new AbortController();
  const first = await askInOrder(gateway, ['/1']);
  const gone = Promise.allSettled(await askInOrder(gateway, ['/gone'], leaves.signal));
  const second = await askInOrder(gateway, ['/2']);
  gateway.putFunction(aFunction('hello', one, both));
  assert.deepEqual([traffic.chosen, traffic.waiting], ['hello-2', 3]);
  const third = await askInOrder(gateway, ['/3']);
  leaves.abort();
  await gone;
  await until(() => traffic.waiting === 3, 'it has left');
  const order: (string | undefined)[] = [];
  await gateway.addReplica('new', 'hello-2', (req, res) => {
    order.push(req.url);
    res.end('new');
  });
  assert.deepEqual(await Promise.all([...first, ...second, ...third]), ['new', 'new', 'new']);
  assert.deepEqual(order, ['/1', '/2', '/3']);
  await until(() => gateway.budget.requests === 0, 'nothing is held');
  assert.deepEqual([traffic.waiting, traffic.inFlight, gateway.budget.bytes], [0, 0, 0]);
});

test('what waits for a revision that is chosen no more is still refused when its time is over', async () => {
  await using gateway = await TestGateway.start();
  const hasty = { queue: { timeoutSeconds: 1 } };
  gateway.putFunction(aFunction('hello', hasty));
  const answer = ask(gateway.port);
  await until(() => gateway.traffic('hello').waiting === 1, 'it waits');
  gateway.putFunction(aFunction('hello', hasty, both));
  assert.equal((await answer).headers['x-catnap-error'], 'QueueTimeout');
});

test('a request that a replica of the revision before has not begun with goes to the new one', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  const held = await holdingReplica(gateway, 'old', 'hello-1');
  const answer = ask(gateway.port);
  await until(() => held.length === 1, 'the old one has it');
  gateway.putFunction(aFunction('hello', {}, both));
  await gateway.addReplica('new', 'hello-2', (_req, res) => res.end('new'));
  await until(() => gateway.traffic('hello').chosen === 'hello-2', 'the new one is chosen');
  held[0]?.writeHead(503, { [HEADER.notStarted]: 'true' }).end();
  assert.equal((await answer).body, 'new');
  await until(() => gateway.budget.requests === 0, 'nothing is held');
  assert.equal(gateway.traffic('hello').inFlight, 0);
});

test('what is in flight at a revision that the function has no more is counted to its end, and stays counted', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  const traffic = gateway.traffic('hello');
  const held = await holdingReplica(gateway, 'old', 'hello-1');
  const answer = ask(gateway.port);
  await until(() => held.length === 1, 'the old one has it');
  gateway.putFunction(aFunction('hello', {}, { revision: 'hello-2', latestRevision: 'hello-2' }));
  assert.deepEqual([traffic.chosen, traffic.inFlight, traffic.requests], ['hello-2', 1, 1]);
  const secondsThen = traffic.concurrencySeconds();
  held[0]?.end('old');
  assert.equal((await answer).body, 'old');
  await until(() => traffic.inFlight === 0, 'it is over');
  const seconds = traffic.concurrencySeconds();
  gateway.podFeed.remove('old');
  assert.deepEqual([traffic.requests, traffic.concurrencySeconds()], [1, seconds]);
  assert.ok(seconds > secondsThen);
});

test('a pod that is given the label of another revision serves that one, and what it had is over when it ends', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', one));
  const traffic = gateway.traffic('hello');
  const held: ServerResponse[] = [];
  const { ip, port } = await gateway.addReplica('pod', 'hello-1', (req, res) => {
    if (req.url === '/held') held.push(res);
    else res.end('answered');
  });
  const answer = ask(gateway.port, { path: '/held' });
  await until(() => held.length === 1, 'it has it');
  gateway.putFunction(aFunction('hello', one, { revision: 'hello-2', latestRevision: 'hello-2' }));
  gateway.podFeed.put('pod', aPod({ name: 'pod', revision: 'hello-2', ip, port }));
  held[0]?.end('held');
  assert.equal((await answer).body, 'held');
  for (const path of ['/1', '/2', '/3']) assert.equal((await ask(gateway.port, { path })).body, 'answered');
  assert.deepEqual([traffic.inFlight, traffic.waiting, traffic.answering], [0, 0, 1]);
});

test('nothing that a revision counted is lost when it ends, nor when it is back', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  const traffic = gateway.traffic('hello');
  const counted = () => Object.fromEntries(Array.from(traffic.loads, ({ revision, requests }) => [revision, requests]));
  const seconds = () => Array.from(traffic.loads, (load) => load.concurrencySeconds()).reduce((sum, n) => sum + n, 0);
  await gateway.addReplica('old', 'hello-1', (_req, res) => res.end('old'));
  await gateway.addReplica('new', 'hello-2', (_req, res) => res.end('new'));
  for (let n = 0; n < 3; n += 1) await ask(gateway.port);
  const second = { revision: 'hello-2', latestRevision: 'hello-2' };
  gateway.putFunction(aFunction('hello', {}, second));
  await until(() => traffic.inFlight === 0 && traffic.chosen === 'hello-2', 'the new one is chosen');
  assert.equal((await ask(gateway.port)).body, 'new');
  await until(() => traffic.inFlight === 0, 'it is over');
  assert.deepEqual(counted(), { 'hello-1': 3, 'hello-2': 1 });
  assert.equal(seconds(), traffic.concurrencySeconds());
  gateway.putFunction(aFunction('hello'));
  assert.equal((await ask(gateway.port)).body, 'old');
  assert.deepEqual(counted(), { 'hello-1': 4, 'hello-2': 1 });
  assert.equal([...traffic.loads].length, 2, 'each is told of once');
});
