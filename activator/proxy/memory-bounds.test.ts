/** What clients and replicas can make the gateway hold is bounded for the process. Small numbers; the bounds are to scale. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { aFunction, ask, until } from '../testing/test-gateway.ts';
import { HOST, Wire, wiredGateway } from '../testing/test-wire.ts';

const MIB = 1024 * 1024;
const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const small = `GET /b HTTP/1.1\r\nhost:${HOST}\r\n\r\n`;
const heapMib = () => process.memoryUsage().heapUsed / MIB;

test('small requests behind one that waits are parsed a few at a time, and all are answered in the end', async () => {
  const held: Socket[] = [];
  await using wired = await wiredGateway((socket, text) => {
    if (text.startsWith('GET /a')) held.push(socket);
    else socket.write(ok);
  });
  const count = Math.floor(65_000 / small.length);
  using wire = new Wire(wired.port).send(small.replace('/b', '/a') + small.repeat(count));
  await until(() => wired.gateway.traffic('hello').inFlight === 1, 'the first is under way');
  const crowd = Array.from({ length: 20 }, () => new Wire(wired.port));
  const before = heapMib();
  for (const one of crowd) one.send(small.replace('/b', '/a') + small.repeat(count));
  await until(() => wired.gateway.traffic('hello').inFlight === 21, 'the first of each is under way');
  await until(() => crowd.every(({ socket }) => socket.writableLength === 0), 'all is sent');
  assert.ok(heapMib() - before < 30, `${heapMib() - before} MiB for ${20 * count} requests`);
  for (const one of crowd) one.socket.destroy();
  held[0]?.write(ok);
  await until(() => wire.text.match(/HTTP\/1\.1 200/g)?.length === count + 1, 'all of the first are answered');
});

test('requests that were sent ahead are answered to the last, in their order', async () => {
  let seen = 0;
  await using wired = await wiredGateway((socket, text) => {
    const at = text.split(' ')[1] ?? '';
    assert.equal(at, `/${seen}`);
    seen += 1;
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${at.length}\r\n\r\n${at}`);
  });
  const COUNT = 1_500;
  using wire = new Wire(wired.port);
  wire.send(Array.from({ length: COUNT }, (_, i) => small.replace('/b', `/${i}`)).join(''));
  await wire.until(new RegExp(`/${COUNT - 1}$`));
  assert.equal(wire.text.match(/HTTP\/1\.1 200/g)?.length, COUNT);
});

test('bodies among pipelined requests are not taken for requests', async () => {
  await using wired = await wiredGateway((socket, text) => {
    if (text.startsWith('GET') || text.endsWith('end')) socket.write(ok);
  });
  const post = (bytes: number) =>
    `POST / HTTP/1.1\r\nhost: ${HOST}\r\ncontent-length: ${bytes}\r\n\r\n${small.repeat(bytes / small.length + 1).slice(0, bytes - 3)}end`;
  using wire = new Wire(wired.port).send(post(20_000) + small + post(70_000) + small.repeat(30) + post(10));
  await until(() => (wire.text.match(/HTTP\/1\.1 200/g)?.length ?? 0) === 34, 'each is answered once');
});

test('what comes behind a request that was refused is not parsed', async () => {
  await using wired = await wiredGateway((socket) => socket.write(ok));
  const refused = 'GET / HTTP/1.1\r\n\r\n';
  const flood = refused.repeat(MIB / refused.length);
  const before = heapMib();
  using wire = new Wire(wired.port).send(refused + flood.repeat(4));
  let most = 0;
  await until(() => {
    most = Math.max(most, heapMib() - before);
    return wire.ended !== undefined;
  }, 'the connection ends');
  assert.ok(most < 30, `${most} MiB`);
  assert.equal(wire.text.match(/HTTP\/1\.1 /g)?.length, 1);
});

const GET = `GET /large HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`;
const isBusy = ({ text }: Wire) => text.includes('x-catnap-error: GatewayBusy');

test('answers that are not read count as what the process holds; others are still served', async () => {
  const bounds = { requests: 10_000, bytes: 4 * MIB };
  const large = 10 * MIB;
  await using wired = await wiredGateway(
    (socket, text) => {
      if (!text.includes('/large')) return void socket.write(ok);
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${large}\r\n\r\n`);
      socket.write(Buffer.alloc(large, 'x'));
    },
    {},
    { bounds },
  );
  const { gateway } = wired;
  gateway.putFunction(aFunction('other'));
  await gateway.addReplica('pod-b', 'other-1', (_req, res) => res.end('other'));
  await until(() => gateway.traffic('other').answering === 1, 'the other one answers');
  const clients = Array.from({ length: 60 }, () => new Wire(wired.port));
  for (const client of clients) {
    client.socket.pause();
    client.send(GET);
  }
  await until(() => gateway.budget.bytes > bounds.bytes / 2, 'the share is used', 20_000);
  const late = new Wire(wired.port);
  await until(() => clients.every((one) => one.socket.bytesWritten > 0), 'all have asked');
  assert.ok(gateway.budget.bytes < 3 * bounds.bytes, `${gateway.budget.bytes / MIB} MiB`);
  assert.equal((await ask(wired.port, { host: 'other.default.fn.example' })).body, 'other');
  late.socket.destroy();
  // One that reads after all gets all of its answer.
  const [first] = clients;
  first?.socket.resume();
  await until(() => (first?.text.length ?? 0) > large || (first !== undefined && isBusy(first)), 'it is whole', 20_000);
  for (const client of clients) client.socket.destroy();
  await until(() => gateway.budget.bytes === 0 && gateway.budget.requests === 0, 'nothing is held');
});

test('bodies that are kept for another try count too, and are not kept where there is no room', async () => {
  const bounds = { requests: 10_000, bytes: 2 * MIB };
  await using wired = await wiredGateway(() => undefined, { concurrency: { hard: 0 } }, { bounds });
  const { gateway } = wired;
  const body = `POST / HTTP/1.1\r\nhost: ${HOST}\r\ncontent-length: 60000\r\n\r\n${'x'.repeat(60_000)}`;
  const clients = Array.from({ length: 100 }, () => new Wire(wired.port).send(body));
  await until(() => gateway.traffic('hello').inFlight === 100, 'all are under way', 20_000);
  await until(() => clients.every(({ socket }) => socket.writableLength === 0), 'all is sent');
  assert.ok(gateway.budget.bytes > MIB, `${gateway.budget.bytes} bytes`);
  assert.ok(gateway.budget.bytes <= bounds.bytes, `${gateway.budget.bytes} bytes`);
  for (const client of clients) client.socket.destroy();
  await until(() => gateway.budget.bytes === 0 && gateway.budget.requests === 0, 'nothing is held');
});

test('an answer in many small pieces waits for its client before it is large', async () => {
  await using wired = await wiredGateway((socket) => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
    const timer = setInterval(() => socket.write('1\r\nx\r\n'.repeat(2_000)), 1);
    socket.once('close', () => clearInterval(timer));
  });
  using wire = new Wire(wired.port).send(GET);
  await wire.until(/x/);
  wire.socket.pause();
  await until(() => wired.gateway.budget.bytes > 0, 'the client is behind', 20_000);
  wire.socket.destroy();
  await until(() => wired.gateway.budget.bytes === 0, 'nothing is held');
});

test('what tunnels hold counts too, and where there is no room the tunnels end whose clients do not read', async () => {
  const bounds = { requests: 10_000, bytes: 2 * MIB };
  await using wired = await wiredGateway(
    (socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
      socket.write(Buffer.alloc(10 * MIB, 'x'));
    },
    {},
    { bounds },
  );
  const { gateway } = wired;
  const asks = `GET / HTTP/1.1\r\nhost: ${HOST}\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n`;
  const clients = Array.from({ length: 20 }, () => new Wire(wired.port).send(asks));
  for (const { socket } of clients) socket.once('data', () => socket.pause());
  await until(
    () => gateway.budget.bytes > MIB || clients.some(({ ended }) => ended !== undefined),
    'much is held',
    20_000,
  );
  assert.ok(gateway.budget.bytes > 0 && gateway.budget.bytes <= bounds.bytes, `${gateway.budget.bytes} bytes`);
  const [first] = clients;
  first?.socket.resume();
  await until(() => (first?.text.length ?? 0) > 10 * MIB || first?.ended !== undefined, 'one goes on', 20_000);
  for (const { socket } of clients) socket.destroy();
  await until(() => gateway.budget.bytes === 0 && gateway.gateway.upgrades === 0, 'nothing is held');
});
