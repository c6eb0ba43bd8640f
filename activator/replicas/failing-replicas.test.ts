/** Replicas that answer their probes and fail their requests. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { aFunction, aPod, ask, TestGateway, until } from '../testing/test-gateway.ts';

const good: RequestListener = (_req, res) => void res.end('good');
const reset: RequestListener = (req) => void req.socket.destroy();

async function aGateway(handlers: RequestListener[], spec: object = {}): Promise<TestGateway> {
  const gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', spec));
  for (const [i, handler] of handlers.entries()) await gateway.addReplica(`pod-${i}`, 'hello-1', handler);
  await until(() => gateway.traffic('hello').answering === handlers.length, 'all answer');
  return gateway;
}

/** A request that is not sent a second time, over whatever connection: what a replica does with it is seen. */
const post = (gateway: TestGateway) => ask(gateway.port, { method: 'POST' });

/** Status codes of requests that are sent one after the other for so long. */
async function statuses(gateway: TestGateway, forMs: number): Promise<number[]> {
  const seen: number[] = [];
  for (const endsAtMs = performance.now() + forMs; performance.now() < endsAtMs; ) {
    seen.push((await post(gateway)).status);
  }
  return seen;
}

test('one that fails each of its requests gets fewer and fewer, whatever its probes say', async () => {
  await using gateway = await aGateway([reset, good, good]);
  const seen = await statuses(gateway, 1_500);
  const failed = seen.filter((status) => status === 502).length;
  assert.ok(failed >= 2 && failed <= 4, `${failed} of ${seen.length} failed`);
});

test('the last one is asked again at once, however often it failed', async () => {
  let failures = 5;
  await using gateway = await aGateway([
    (req, res) => {
      failures -= 1;
      if (failures >= 0) req.socket.destroy();
      else res.end();
    },
  ]);
  const atMs = performance.now();
  const seen: number[] = [];
  while (seen.at(-1) !== 200) seen.push((await post(gateway)).status);
  assert.deepEqual(seen, [502, 502, 502, 502, 502, 200]);
  assert.ok(performance.now() - atMs < 1_000);
});

test('one that rests is needed when the others are gone', async () => {
  let fails = true;
  await using gateway = await aGateway([(req, res) => (fails ? req.socket.destroy() : res.end('back')), good]);
  await statuses(gateway, 300);
  fails = false;
  gateway.podFeed.put('pod-1', aPod({ name: 'pod-1', revision: 'hello-1', leaving: true }));
  const atMs = performance.now();
  assert.equal((await ask(gateway.port)).body, 'back');
  assert.ok(performance.now() - atMs < 500);
});

test('one that is back gets one request, and the others once it has answered that', async () => {
  const later: RequestListener = (_req, res) => void setTimeout(() => res.end('good'), 100);
  let asked = 0;
  let answer = () => undefined as unknown;
  const flapping: RequestListener = (req, res) => {
    asked += 1;
    if (asked === 1) reset(req, res);
    else if (asked === 2) answer = () => res.end('back');
    else later(req, res);
  };
  await using gateway = await aGateway([flapping, later], { concurrency: { limit: 20 } });
  const ten = () => Promise.all(Array.from({ length: 10 }, () => ask(gateway.port)));
  while (asked === 0) await post(gateway);
  await until(() => gateway.traffic('hello').answering === 2, 'both answer');
  const first = ten();
  await until(() => asked === 2, 'it is tried');
  await ask(gateway.port);
  assert.equal(asked, 2);
  answer();
  assert.equal((await first).filter(({ body }) => body === 'back').length, 1);
  await ten();
  assert.ok(asked > 4, 'it gets several at once');
});

test('what could not be connected is tried elsewhere and not lost, an image that only listens included', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  const gone = await gateway.addBackend('pod-0', good);
  const stays = await gateway.addBackend('pod-1', good);
  for (const [i, { ip, port }] of [gone, stays].entries()) {
    gateway.podFeed.put(`pod-${i}`, aPod({ name: `pod-${i}`, revision: 'hello-1', ip, port, image: true }));
  }
  await until(() => gateway.traffic('hello').answering === 2, 'both answer');
  await gone.down();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => ask(gateway.port, { method: 'POST', body: 'pay' })),
  );
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  await gone.up();
  await until(() => gateway.traffic('hello').answering === 2, 'it is back');
});

test('a request that ends each process that has it is sent twice at most', async () => {
  let deaths = 0;
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  const returns: Promise<void>[] = [];
  const comesBack = async () => {
    await backend.down();
    await until(() => gateway.traffic('hello').answering === 0, 'it is found to be gone');
    await backend.up();
  };
  const dies: RequestListener = (req, res) => {
    if (req.url === '/') return void res.end('good');
    deaths += 1;
    returns.push(comesBack());
  };
  const backend = await gateway.addBackend('pod-0', dies);
  gateway.podFeed.put('pod-0', aPod({ name: 'pod-0', revision: 'hello-1', ip: backend.ip, port: backend.port }));
  await ask(gateway.port);
  assert.equal((await ask(gateway.port, { path: '/end' })).status, 502);
  await Promise.all(returns);
  assert.equal(deaths, 2);
});

test('processes that have ended, with connections to them that are not seen to be closed yet, cost a request nothing but the wait', async () => {
  const names = ['pod-0', 'pod-1'];
  const asked = new Set<string>();
  let dropped = 0;
  let haveEnded = false;
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  const servers = await Promise.all(
    names.map(async (name) => {
      const server = createServer((socket) =>
        socket
          .on('error', () => undefined)
          .on('data', () => {
            asked.add(name);
            if (!haveEnded) return void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood');
            dropped += 1;
            socket.destroy();
          }),
      );
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as AddressInfo;
      gateway.podFeed.put(name, aPod({ name, revision: 'hello-1', ip: '127.0.0.1', port, image: true }));
      return { server, port };
    }),
  );
  await until(() => gateway.traffic('hello').answering === 2, 'both answer');
  while (asked.size < 2) await Promise.all([ask(gateway.port), ask(gateway.port)]);
  haveEnded = true;
  for (const { server } of servers) server.close();
  const asking = ask(gateway.port);
  await until(() => dropped > 0, 'one was met');
  await until(() => gateway.traffic('hello').answering === 0, 'both are found to be gone');
  haveEnded = false;
  for (const { server, port } of servers) server.listen(port, '127.0.0.1');
  const { status, body } = await asking;
  for (const { server } of servers) server.close();
  assert.deepEqual([status, body, dropped], [200, 'good', 1]);
});

test('one that says that it is full stays among those that answer', async () => {
  let refusals = 0;
  await using gateway = await aGateway(
    [
      (req, res) => {
        if (refusals >= 3) return void res.end(String(req.headers['x-catnap-wait-ms']));
        refusals += 1;
        res.writeHead(503, { 'x-catnap-not-started': 'true', 'x-catnap-full': 'true' }).end();
      },
    ],
    { concurrency: { limit: 1 } },
  );
  const asking = ask(gateway.port);
  await until(() => refusals === 3, 'it was full three times');
  assert.equal(gateway.traffic('hello').answering, 1);
  assert.equal((await asking).body, '200');
});
