import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { settled } from '#platform/testing/until.ts';
import { aFunction, TestGateway, until } from '../testing/test-gateway.ts';
import { echoWebSocket, type Served, serverFrame } from '../testing/test-websocket.ts';

interface Scene extends AsyncDisposable {
  gateway: TestGateway;
  served: Served[];
  /** Of a client that stands where browsers do. */
  url: string;
}

/** A function whose replica takes WebSockets, or what `onUpgrade` makes of upgrades. */
async function aScene(onUpgrade?: (socket: Duplex) => void, spec: object = {}): Promise<Scene> {
  const gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', spec));
  const { server } = await gateway.addReplica('pod-a', 'hello-1', (_req, res) => res.writeHead(400).end());
  const served: Served[] = [];
  const echo = echoWebSocket((one) => served.push(one));
  server.on('upgrade', (req, socket, head) => (onUpgrade === undefined ? echo(req, socket, head) : onUpgrade(socket)));
  await until(() => gateway.traffic('hello').answering === 1, 'the replica answers');
  const url = `ws://127.0.0.1:${gateway.port}/fn/default/hello/`;
  return { gateway, served, url, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() };
}

async function opened(url: string): Promise<WebSocket> {
  const client = new WebSocket(url);
  client.binaryType = 'arraybuffer';
  await once(client, 'open');
  return client;
}

const closed = async (client: WebSocket): Promise<CloseEvent> => (await once(client, 'close'))[0];

/** Starts to leave; resolves when it has, with whether nothing was left open. */
async function leave({ gateway }: TestGateway, withinMs = 5_000): Promise<boolean> {
  const signal = AbortSignal.timeout(withinMs);
  await gateway.drain(0, signal);
  return !signal.aborted;
}

/** Switches to a protocol by hand. */
async function switchedTo(gateway: TestGateway, upgrade: string): Promise<Socket> {
  const headers = { host: 'hello.default.fn.example', connection: 'Upgrade', upgrade };
  const sent = request({ port: gateway.port, host: '127.0.0.1', headers, agent: false }).end();
  const [, socket, head] = await once(sent, 'upgrade');
  socket.unshift(head);
  return socket;
}

test('messages of every size come back as they were sent', async () => {
  await using scene = await aScene();
  const client = await opened(scene.url);
  const sizes = [0, 1, 125, 126, 1_000, 60_000];
  const got: number[] = [];
  client.addEventListener('message', ({ data }) => got.push(data.byteLength));
  for (const size of sizes) client.send(new Uint8Array(size));
  await until(() => got.length === sizes.length, 'all are back');
  assert.deepEqual(got, sizes);
  assert.equal(scene.gateway.traffic('hello').inFlight, 1);
  client.close(1000, 'done');
  assert.equal((await closed(client)).code, 1000);
  await until(() => scene.gateway.traffic('hello').inFlight === 0, 'it is over');
  assert.equal(scene.served[0]?.closeCode, 1000);
});

test('a gateway that leaves closes it with 1001 on both sides, and is empty then', async () => {
  await using scene = await aScene();
  const clients = await Promise.all(Array.from({ length: 10 }, () => opened(scene.url)));
  const events = clients.map(closed);
  assert.equal(await leave(scene.gateway), true);
  const codes = (await Promise.all(events)).map(({ code, wasClean }) => `${code} ${wasClean}`);
  assert.deepEqual(codes, Array(10).fill('1001 true'));
  assert.deepEqual(
    scene.served.map(({ closeCode }) => closeCode),
    Array(10).fill(1001),
  );
  assert.equal(scene.gateway.gateway.open, 0);
  assert.equal(scene.gateway.traffic('hello').inFlight, 0);
});

test('a message that is on its way when the gateway leaves arrives whole before the close frame', async () => {
  const replica = Promise.withResolvers<Duplex>();
  await using scene = await aScene((socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    replica.resolve(socket);
  });
  const client = await switchedTo(scene.gateway, 'websocket');
  const ended = once(client, 'close');
  const received: Buffer[] = [];
  client.on('data', (chunk: Buffer) => received.push(chunk));
  const socket = await replica.promise;
  const frame = serverFrame(1, Buffer.alloc(50_000, 'x'));
  socket.write(frame.subarray(0, 20_000));
  await until(() => Buffer.concat(received).length === 20_000, 'the first part is there');
  const left = leave(scene.gateway);
  const [closing] = (await once(socket, 'data')) as [Buffer];
  assert.deepEqual([...closing.subarray(0, 1), ...closing.subarray(6, 8)], [0x88, 0x03, 0xe9]);
  socket.write(frame.subarray(20_000));
  socket.write(serverFrame(1, Buffer.from('one too many')));
  socket.end(serverFrame(8, closing.subarray(6)));
  assert.equal(await left, true);
  await ended;
  const bytes = Buffer.concat(received);
  assert.ok(bytes.subarray(0, frame.length).equals(frame));
  assert.deepEqual(
    [...bytes.subarray(frame.length, frame.length + 4)],
    [0x88, bytes.length - frame.length - 2, 0x03, 0xe9],
  );
});

test('a peer that does not answer the close frame is cut off', async () => {
  await using scene = await aScene((socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  });
  const client = await switchedTo(scene.gateway, 'websocket');
  const leftAtMs = performance.now();
  assert.equal(await leave(scene.gateway), true);
  const tookMs = performance.now() - leftAtMs;
  assert.ok(tookMs > 1_900 && tookMs < 4_000, `${tookMs} ms`);
  client.destroy();
});

test('timeoutSeconds does not end it; silence for timeouts.idleSeconds does, on both sides, with the reason', async () => {
  const limits = { timeoutSeconds: 1, timeouts: { firstByteSeconds: 1, idleSeconds: 1 } };
  await using scene = await aScene(undefined, limits);
  const client = await opened(scene.url);
  const event = closed(client);
  const openedAtMs = performance.now();
  await until(async () => {
    client.send('alive');
    await once(client, 'message');
    return performance.now() - openedAtMs > 1_600;
  }, 'it has outlived timeoutSeconds');
  const saidAtMs = performance.now();
  const { code, reason, wasClean } = await event;
  const tookMs = performance.now() - saidAtMs;
  assert.deepEqual([code, wasClean], [1001, true]);
  assert.match(reason, /no byte went either way for 1 s \(spec\.timeouts\.idleSeconds\)/);
  assert.ok(tookMs > 900, `${tookMs} ms`);
  assert.equal(scene.served[0]?.closeCode, 1001);
  await until(() => scene.gateway.logged.length === 1, 'it is in the access log');
  const { status, code: logged } = scene.gateway.logged[0] ?? {};
  assert.deepEqual([status, logged], [101, 'IdleTimeout']);
});

test('who comes while the gateway leaves is served until it is quiet', async () => {
  await using scene = await aScene();
  const stop = new AbortController();
  const left = scene.gateway.gateway.drain(500, stop.signal);
  const client = await opened(scene.url);
  const event = closed(client);
  client.send('hello');
  assert.equal((await once(client, 'message'))[0].data, 'hello');
  assert.equal((await event).code, 1001);
  await left;
});

test('another protocol that the replica takes is passed through, and ended on both sides when the gateway leaves', async () => {
  let replica: Duplex | undefined;
  await using scene = await aScene((socket) => {
    replica = socket;
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    socket.pipe(socket);
  });
  const socket = await switchedTo(scene.gateway, 'tcp');
  socket.write('\x00\xff anything');
  assert.equal(String((await once(socket, 'data'))[0]), '\x00\xff anything');
  assert.equal(scene.gateway.traffic('hello').inFlight, 1);
  const ends = Promise.all([once(socket, 'end'), once(replica as Duplex, 'end')]);
  socket.resume();
  assert.equal(await leave(scene.gateway), true);
  await ends;
  assert.equal(scene.gateway.traffic('hello').inFlight, 0);
});

test('a reader that does not read holds back the replica', async () => {
  await using scene = await aScene();
  const client = await switchedTo(scene.gateway, 'websocket');
  await until(() => scene.served.length === 1, 'it is open');
  const replica = scene.served[0]?.socket as Duplex;
  let written = 0;
  const frame = serverFrame(2, Buffer.alloc(60_000));
  const more = () => {
    while (written < 64 * 1_048_576) {
      written += frame.length;
      if (!replica.write(frame)) return void replica.once('drain', more);
    }
  };
  more();
  await settled(() => written);
  assert.ok(written < 32 * 1_048_576, `${written} bytes taken for a client that reads none`);
  client.destroy();
  await until(() => scene.gateway.traffic('hello').inFlight === 0, 'it is over');
});
