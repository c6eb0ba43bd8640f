/** An answer that comes while its client still sends reaches it, though the connection ends with it. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { TEST_SERVER } from '#platform/testing/certificates.ts';
import { aFunction, type TestGateway, until } from '../testing/test-gateway.ts';
import { HOST, Wire, wiredGateway } from '../testing/test-wire.ts';

const BYTES = 8 * 1024 * 1024;
const TIMES = 20;

interface Upload {
  host?: string;
  version?: string;
  headers?: string;
}

/** Sends a head and 8 MiB without reading, and reads only after that, as many clients do. Resolves with what came. */
function upload(
  socket: Socket,
  { host = HOST, version = '1.1', headers = 'connection: close\r\n' }: Upload,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.pause();
    socket.on('error', (error) => reject(new Error(`${error.message} after ${JSON.stringify(text)}`)));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('end', () => resolve(text));
    socket.pause();
    socket.write(`POST / HTTP/${version}\r\nhost: ${host}\r\n${headers}content-length: ${BYTES}\r\n\r\n`);
    socket.write(Buffer.alloc(BYTES), () => socket.resume());
  });
}

async function all(port: number, status: number, options: Upload = {}, secure = false): Promise<void> {
  const open = () =>
    secure
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
      : connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  for (let i = 0; i < TIMES; i += 1) {
    const socket = open();
    try {
      assert.match(await upload(socket, options), new RegExp(`^HTTP/1\\.1 ${status} `), `number ${i}`);
    } finally {
      socket.destroy();
    }
  }
}

const UNAUTHORIZED = 'HTTP/1.1 401 Who\r\ncontent-length: 2\r\n\r\nno';
const early = () => wiredGateway((socket, _text, count) => void (count === 1 && socket.write(UNAUTHORIZED)));

test("a function's own early 401 arrives", async () => {
  await using wired = await early();
  await all(wired.port, 401);
  await all(wired.port, 401, { version: '1.0', headers: '' });
});

test('413 arrives', async () => {
  await using wired = await wiredGateway(() => undefined, { maxBodyBytes: 1_000 });
  await all(wired.port, 413);
  await all(wired.port, 413, { version: '1.0', headers: '' });
});

test('404, and 400 for what is no request, arrive', async () => {
  await using wired = await wiredGateway(() => undefined);
  await all(wired.port, 404, { host: 'nobody.example' });
  await all(wired.port, 400, { host: 'a, b' });
});

test('503 arrives', async () => {
  await using wired = await wiredGateway(() => undefined);
  wired.gateway.putFunction(aFunction('full', { queue: { size: 1 } }));
  using first = new Wire(wired.port).send('GET / HTTP/1.1\r\nhost: full.default.fn.example\r\n\r\n');
  await until(() => wired.gateway.traffic('full').waiting === 1, 'the queue is full');
  assert.equal(first.text, '');
  await all(wired.port, 503, { host: 'full.default.fn.example' });
});

async function securely(gateway: TestGateway): Promise<number> {
  return await gateway.gateway.listenSecurely(TEST_SERVER, 0, '127.0.0.1');
}

test('over TLS likewise', async () => {
  await using wired = await early();
  const port = await securely(wired.gateway);
  await all(port, 401, {}, true);
  await all(port, 404, { host: 'nobody.example' }, true);
});

test('a gateway that leaves, which ends each connection, lets answers arrive as well', async () => {
  await using wired = await early();
  const stop = new AbortController();
  const left = wired.gateway.gateway.drain(60_000, stop.signal);
  await all(wired.port, 401, { headers: '' });
  stop.abort();
  await left;
});
