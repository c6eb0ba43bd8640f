import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { KubeConnections, type OutgoingRequest } from './connections.ts';

const { signal } = new AbortController();
const GET: OutgoingRequest = { method: 'GET', path: '/', headers: {}, headMs: 5_000, bodyIdleMs: 5_000 };

async function served(t: TestContext, answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connections = new KubeConnections(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  t.after(() => {
    connections[Symbol.dispose]();
    server.closeAllConnections();
    server.close();
  });
  return { server, connections };
}

test('requests one after the other share a connection, those at once do not', async (t) => {
  const ports = new Set<number | undefined>();
  const { connections } = await served(t, ({ socket }, response) => {
    ports.add(socket.remotePort);
    response.end('ok');
  });
  const ask = async () => await text(await connections.send(GET, {}, signal));
  await ask();
  await ask();
  assert.equal(ports.size, 1);
  await Promise.all([ask(), ask(), ask()]);
  assert.equal(ports.size, 3);
});

test('certificates that were replaced hold for the next request, and the old connection goes once it is idle', async (t) => {
  let open = 0;
  const { server, connections } = await served(t, (_, response) => response.end('ok'));
  server.on('connection', (socket) => {
    open += 1;
    socket.on('close', () => {
      open -= 1;
      server.emit('gone');
    });
  });
  await text(await connections.send(GET, { ca: 'old' }, signal));
  const gone = once(server, 'gone');
  await text(await connections.send(GET, { ca: 'new' }, signal));
  await gone;
  assert.equal(open, 1);
});

test('all connections end with the one who made them, those of earlier certificates too', async (t) => {
  const { connections } = await served(t, ({ url }, response) => {
    response.write('begun');
    if (url !== '/watch') response.end();
  });
  const watch = await connections.send({ ...GET, path: '/watch' }, { ca: 'old' }, signal);
  await text(await connections.send(GET, { ca: 'new' }, signal));
  connections[Symbol.dispose]();
  await assert.rejects(text(watch), { code: 'ECONNRESET' });
});

test('a GET that meets the end of a kept connection is asked once more; a write, which may have been done, is not', async (t) => {
  const seen: string[] = [];
  const asked = new WeakMap<object, number>();
  const { connections } = await served(t, ({ socket, method }, response) => {
    const before = asked.get(socket) ?? 0;
    asked.set(socket, before + 1);
    seen.push(`${method} ${before}`);
    if (before > 0) socket.resetAndDestroy();
    else response.end('ok');
  });
  const ask = async (method: string) => await text(await connections.send({ ...GET, method }, {}, signal));
  assert.deepEqual([await ask('GET'), await ask('GET')], ['ok', 'ok']);
  await assert.rejects(ask('POST'), { code: 'ECONNRESET' });
  assert.deepEqual(seen, ['GET 0', 'GET 1', 'GET 0', 'POST 1']);
});

test('a GET that new connections do not serve either fails', async (t) => {
  let asked = 0;
  const { connections } = await served(t, ({ socket }, response) => {
    asked += 1;
    if (asked === 1) response.end('ok');
    else socket.resetAndDestroy();
  });
  await text(await connections.send(GET, {}, signal));
  await assert.rejects(connections.send(GET, {}, signal), { code: 'ECONNRESET' });
  assert.equal(asked, 3);
});

test('an answer that does not begin in time, or falls silent, is a timeout', async (t) => {
  const { connections } = await served(t, ({ url }, response) => {
    if (url === '/half') response.write('half');
  });
  await assert.rejects(connections.send({ ...GET, headMs: 30 }, {}, signal), { name: 'TimeoutError' });
  const half = await connections.send({ ...GET, path: '/half', bodyIdleMs: 30 }, {}, signal);
  await assert.rejects(text(half), { name: 'TimeoutError' });
});

test('each kind of request says how long its body is', async (t) => {
  const seen: [string | undefined, string | undefined][] = [];
  const { connections } = await served(t, async (request: IncomingMessage, response) => {
    seen.push([request.headers['content-length'], await text(request)]);
    response.end();
  });
  for (const method of ['DELETE', 'PATCH', 'POST', 'PUT'])
    await text(await connections.send({ ...GET, method, body: 'wärm' }, {}, signal));
  await text(await connections.send(GET, {}, signal));
  assert.deepEqual(seen, [...Array.from({ length: 4 }, () => ['5', 'wärm']), [undefined, '']]);
});

test('what ends before it is whole is an error, and so is an end by the caller', async (t) => {
  const { connections } = await served(t, ({ url }, response) => {
    response.writeHead(200, { 'content-length': '10' });
    response.write('half', () => url === '/cut' && response.destroy());
  });
  const cut = await connections.send({ ...GET, path: '/cut' }, {}, signal);
  await assert.rejects(text(cut), { code: 'ECONNRESET' });
  const caller = new AbortController();
  const answer = await connections.send(GET, {}, caller.signal);
  caller.abort();
  await assert.rejects(text(answer));
});

test('a server at an IPv6 address is reached where there is IPv6', async (t) => {
  const server = createServer((_, response) => response.end('ok'));
  server.listen(0, '::1');
  const failure = await Promise.race([once(server, 'listening').then(() => undefined), once(server, 'error')]);
  if (failure !== undefined) return t.skip('not checked: this machine has no IPv6');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const connections = new KubeConnections(new URL(`http://[::1]:${port}`));
  assert.equal(await text(await connections.send(GET, {}, signal)), 'ok');
  connections[Symbol.dispose]();
});
