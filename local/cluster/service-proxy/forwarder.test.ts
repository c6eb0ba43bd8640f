import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { usedPorts } from '../machine/sockets.ts';
import { Forwarder } from './forwarder.ts';
import type { Backend } from './routes.ts';

/** Answers all it gets, at its end, with its name before it. */
async function aBackend(t: TestContext, name: string): Promise<Backend> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const heard: Buffer[] = [];
    socket.on('data', (chunk) => heard.push(Buffer.from(chunk)));
    socket.on('end', () => socket.end(`${name}:${Buffer.concat(heard)}`));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

async function forwarded(t: TestContext, pick: () => Backend | undefined): Promise<() => Socket> {
  const busy = usedPorts();
  const port = Array.from({ length: 2_000 }, (_, index) => 30_500 + index).find((each) => !busy.has(each)) ?? 0;
  const forwarder = await Forwarder.listen({ host: '127.0.0.1', port }, pick);
  t.after(() => forwarder.close());
  return () => connect({ host: '127.0.0.1', port, allowHalfOpen: true });
}

test('passes on both ways, and the end of one way as that', async (t) => {
  const backend = await aBackend(t, 'a');
  const open = await forwarded(t, () => backend);
  const socket = open();
  socket.write('hel');
  socket.end('lo');
  assert.equal((await socket.toArray()).join(''), 'a:hello');
});

test('a connection stays with its endpoint when the next one goes elsewhere', async (t) => {
  const backends = [await aBackend(t, 'a'), await aBackend(t, 'b')];
  let next = 0;
  const open = await forwarded(t, () => backends[next++]);
  const first = open();
  await once(first, 'connect');
  const second = open();
  await once(second, 'connect');
  second.end('x');
  first.end('y');
  const answers = await Promise.all([first, second].map(async (socket) => (await socket.toArray()).join('')));
  assert.deepEqual(answers, ['a:y', 'b:x']);
});

test('resets a connection that nobody is there for', async (t) => {
  const open = await forwarded(t, () => undefined);
  const [error] = await once(open(), 'error').catch((thrown: Error) => [thrown]);
  assert.equal((error as NodeJS.ErrnoException).code, 'ECONNRESET');
});
