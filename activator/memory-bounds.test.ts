/** What clients and replicas can make the gateway hold is bounded for the process. Small numbers; the bounds are to scale. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { until } from './test-gateway.ts';
import { HOST, Wire, wiredGateway } from './test-wire.ts';

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

test('bodies among requests that were sent ahead are told from requests', async () => {
  await using wired = await wiredGateway((socket, text) => {
    if (text.startsWith('GET') || text.endsWith('end')) socket.write(ok);
  });
  const post = (bytes: number) =>
    `POST / HTTP/1.1\r\nhost: ${HOST}\r\ncontent-length: ${bytes}\r\n\r\n${small.repeat(bytes / small.length + 1).slice(0, bytes - 3)}end`;
  using wire = new Wire(wired.port).send(post(20_000) + small + post(70_000) + small.repeat(30) + post(10));
  await until(() => (wire.text.match(/HTTP\/1\.1 200/g)?.length ?? 0) === 34, 'each is answered once');
});
