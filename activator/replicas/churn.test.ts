import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aFunction, aPod, ask, TestGateway, until } from '../testing/test-gateway.ts';

const QUIET_MS = 50;
/** A hundred of them in turn take so long that more replicas are worth even a slow start. */
const REQUEST_MS = 20;

test('a hundred at once, a limit of one and up to ten replicas: all answered, never two at once in a replica', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', { concurrency: { limit: 1 }, scaling: { maxReplicas: 10 } }));
  const most = new Map<string, number>();
  let made = 0;
  gateway.scales.onScale = (_revision, replicas) => {
    for (; made < replicas; made += 1) {
      const name = `pod-${made}`;
      let running = 0;
      void gateway.addReplica(name, 'hello-1', (_req, res) => {
        running += 1;
        most.set(name, Math.max(most.get(name) ?? 0, running));
        setTimeout(() => {
          running -= 1;
          res.end(name);
        }, REQUEST_MS);
      });
    }
  };
  const answers = await Promise.all(Array.from({ length: 100 }, () => ask(gateway.port)));
  assert.ok(answers.every(({ status }) => status === 200));
  assert.ok(made > 1 && made <= 10, `${made} replicas`);
  assert.deepEqual(new Set(most.values()), new Set([1]));
});

test('replicas that come and go under load lose no request', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', { concurrency: { limit: 4 } }));
  let handled = 0;
  const addReplica = (name: string) =>
    gateway.addReplica(name, 'hello-1', async (req, res) => {
      for await (const _chunk of req);
      handled += 1;
      setTimeout(() => res.end('ok'), 2);
    });
  await addReplica('pod-0');
  let done = false;
  const statuses = new Map<number, number>();
  const client = async () => {
    while (!done) {
      const { status } = await ask(gateway.port, { method: 'POST', body: 'pay' });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  const clients = Array.from({ length: 12 }, client);
  for (let i = 1; i < 15; i += 1) {
    await addReplica(`pod-${i}`);
    const before = handled;
    await until(() => handled > before + 10, 'requests go on');
    // Seen leaving first, as in a cluster; its process ends when nothing can be on the way to it any more, as the runtime does.
    const name = `pod-${i - 1}`;
    gateway.podFeed.put(name, aPod({ name, revision: 'hello-1', ip: '127.0.0.1', leaving: true }));
    setTimeout(() => gateway.backends[i - 1]?.close(), QUIET_MS);
  }
  done = true;
  await Promise.all(clients);
  assert.deepEqual([...statuses.keys()], [200]);
  assert.equal(statuses.get(200), handled);
});

test('replicas that are killed under load lose only what they had', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', { concurrency: { limit: 4 } }));
  let handled = 0;
  const addReplica = (name: string) =>
    gateway.addReplica(name, 'hello-1', (_req, res) => {
      handled += 1;
      setTimeout(() => res.end('ok'), 2);
    });
  await addReplica('pod-0');
  let done = false;
  const statuses = new Map<number, number>();
  const client = async () => {
    while (!done) {
      const { status } = await ask(gateway.port);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  const clients = Array.from({ length: 12 }, client);
  for (let i = 1; i < 10; i += 1) {
    await addReplica(`pod-${i}`);
    const before = handled;
    await until(() => handled > before + 10, 'requests go on');
    gateway.backends[i - 1]?.closeAllConnections();
    gateway.backends[i - 1]?.close();
  }
  done = true;
  await Promise.all(clients);
  const lost = [...statuses].filter(([status]) => status !== 200);
  const lostCount = lost.reduce((sum, [, count]) => sum + count, 0);
  assert.ok(
    lost.every(([status]) => status === 502),
    `answers: ${JSON.stringify([...statuses])}`,
  );
  assert.ok(lostCount <= 9 * 4, `${lostCount} lost`);
  assert.equal(gateway.traffic('hello').inFlight, 0);
});
