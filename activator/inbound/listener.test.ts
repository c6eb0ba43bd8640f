import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { TEST_SERVER } from '#platform/testing/certificates.ts';
import { settled } from '#platform/testing/until.ts';
import { aFunction, ask, TestGateway, until } from '../testing/test-gateway.ts';
import { handOver } from './http2-preface.ts';
import type { ClientLimits } from './node-server.ts';
import { plainServer } from './node-server.ts';

const HOST = 'hello.default.fn.example';
const NO_FUNCTION = () => undefined;

async function aGateway(
  handler: Parameters<TestGateway['addReplica']>[2] = (_req, res) => res.end('ok'),
  limits: Partial<ClientLimits> = {},
): Promise<TestGateway> {
  const gateway = await TestGateway.start({ limits });
  gateway.putFunction(aFunction('hello'));
  await gateway.addReplica('pod-a', 'hello-1', handler);
  await until(() => gateway.traffic('hello').answering === 1, 'the replica answers');
  return gateway;
}

/** Says something at once; resolves with all that came back when the connection is closed. */
async function talk(socket: Socket, text: string): Promise<string> {
  let answer = '';
  socket.on('error', NO_FUNCTION).on('data', (chunk: Buffer) => {
    answer += chunk.toString('latin1');
  });
  socket.write(text, 'latin1');
  await once(socket, 'close');
  return answer;
}

const head = (line: string, ...fields: string[]) => [line, `Host: ${HOST}`, ...fields, '', ''].join('\r\n');

test('OPTIONS * is answered here, with what methods there are', async () => {
  await using gateway = await aGateway();
  const answer = await talk(connect(gateway.port), head('OPTIONS * HTTP/1.1', 'Connection: close'));
  assert.match(answer, /^HTTP\/1\.1 204 [\s\S]*allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS/i);
});

test('OPTIONS of a path is the function’s, as often as it may be forwarded', async () => {
  await using gateway = await aGateway((req, res) => res.end(`${req.method} ${req.headers['max-forwards']}`));
  const options = (maxForwards: string) =>
    ask(gateway.port, { method: 'OPTIONS', headers: { 'max-forwards': maxForwards } });
  assert.equal((await options('3')).body, 'OPTIONS 2');
  assert.equal((await options('0')).status, 204);
});

test('a refused HEAD is answered without a body', async () => {
  await using gateway = await aGateway();
  const answer = await talk(connect(gateway.port), head('HEAD / HTTP/1.1', `Host: ${HOST}`));
  assert.match(answer, /^HTTP\/1\.1 400 [\s\S]*X-Catnap-Error: BadRequest[\s\S]*\r\n\r\n$/i);
});

test('a refusal says which methods there are, where that is the reason', async () => {
  await using gateway = await aGateway();
  const answer = await talk(connect(gateway.port), head('TRACE / HTTP/1.1'));
  assert.match(answer, /^HTTP\/1\.1 405 [\s\S]*allow: GET, /i);
});

test('requests that are sent without waiting run one after the other', async () => {
  let running = 0;
  let most = 0;
  await using gateway = await aGateway((req, res) => {
    running += 1;
    most = Math.max(most, running);
    setTimeout(() => {
      running -= 1;
      res.end(`<${req.url}>`);
    }, 2);
  });
  const count = 100;
  const one = (i: number) => head(`GET /${i} HTTP/1.1`, ...(i === count - 1 ? ['Connection: close'] : []));
  const answer = await talk(connect(gateway.port), Array.from({ length: count }, (_, i) => one(i)).join(''));
  assert.deepEqual(
    answer.match(/<\/\d+>/g),
    Array.from({ length: count }, (_, i) => `</${i}>`),
  );
  assert.equal(most, 1);
});

test('a client that sends ahead without end is not read from without end', async () => {
  await using gateway = await aGateway(NO_FUNCTION);
  const socket = connect(gateway.port).on('error', NO_FUNCTION);
  const many = head('GET / HTTP/1.1').repeat(1_000);
  let sent = 0;
  const more = () => {
    while (sent < 200 * many.length) {
      sent += many.length;
      if (!socket.write(many)) return void socket.once('drain', more);
    }
  };
  more();
  await settled(() => sent);
  assert.ok(sent < 150 * many.length, `${sent} bytes taken`);
  assert.equal(gateway.traffic('hello').inFlight, 1);
  socket.destroy();
});

test('what is no request does not harm the answer that is being sent', async () => {
  const release = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  await using gateway = await aGateway((_req, res) => {
    res.write('one ', () => begun.resolve());
    void release.promise.then(() => res.end('two'));
  });
  const socket = connect(gateway.port);
  const answer = talk(socket, head('GET / HTTP/1.1'));
  await begun.promise;
  await new Promise((resolve) => socket.write('this is no request\r\n\r\n', resolve));
  release.resolve();
  assert.match(await answer, /^HTTP\/1\.1 200 [\s\S]*one [\s\S]*two\r\n0\r\n\r\nHTTP\/1\.1 400 [\s\S]*"BadRequest"/);
});

test('a bad chunk in a later packet breaks the request off at the replica', async () => {
  const ended = Promise.withResolvers<boolean>();
  const begun = Promise.withResolvers<void>();
  await using gateway = await aGateway((req) => {
    req.once('data', () => begun.resolve());
    req.on('error', NO_FUNCTION).on('close', () => ended.resolve(req.complete));
  });
  const socket = connect(gateway.port);
  const answer = talk(socket, `${head('POST / HTTP/1.1', 'Transfer-Encoding: chunked')}5\r\nhello\r\n`);
  await begun.promise;
  socket.write('x\r\n');
  assert.match(await answer, /^HTTP\/1\.1 400 [\s\S]*"BadRequest"/);
  assert.equal(await ended.promise, false);
});

test('a head that does not come in time is 408', async () => {
  await using gateway = await aGateway(undefined, { headMs: 200, lookMs: 50 });
  const answer = await talk(connect(gateway.port), 'GET / HTTP/1.1\r\nHost');
  assert.match(answer, /^HTTP\/1\.1 408 [\s\S]*X-Catnap-Error: RequestTimeout[\s\S]*"RequestTimeout"/i);
});

test('a connection over which nothing comes is closed without a word', async () => {
  await using gateway = await aGateway(undefined, { headMs: 200, lookMs: 50 });
  assert.equal(await talk(connect(gateway.port), ''), '');
});

test('a body that stops is 408, and its request is ended at the replica', async () => {
  const ended = Promise.withResolvers<void>();
  const handler = (req: NodeJS.ReadableStream) => void req.on('error', NO_FUNCTION).on('close', ended.resolve).resume();
  await using gateway = await aGateway(handler, { stallMs: 200, lookMs: 50 });
  const answer = await talk(connect(gateway.port), `${head('POST / HTTP/1.1', 'Content-Length: 10')}hello`);
  assert.match(answer, /^HTTP\/1\.1 408 [\s\S]*"RequestTimeout"/i);
  await ended.promise;
  await until(() => gateway.traffic('hello').inFlight === 0, 'it is over');
});

test('a function that takes its time is not taken for a client that does', async () => {
  const handler: Parameters<typeof aGateway>[0] = (req, res) => {
    setTimeout(() => req.resume().on('end', () => setTimeout(() => res.end('ok'), 400)), 400);
  };
  await using gateway = await aGateway(handler, { stallMs: 200, lookMs: 50 });
  assert.equal((await ask(gateway.port, { method: 'POST', body: 'x'.repeat(500_000) })).status, 200);
});

test('a client that takes nothing of its answer for long is cut off', async () => {
  await using gateway = await aGateway((_req, res) => res.end(Buffer.alloc(64 * 1_048_576)), {
    stallMs: 200,
    lookMs: 50,
  });
  const sent = request({ port: gateway.port, headers: { host: HOST }, agent: false })
    .on('error', NO_FUNCTION)
    .end();
  await once(sent, 'response');
  await until(() => gateway.traffic('hello').inFlight === 0, 'it is over');
  sent.destroy();
});

test('a TLS handshake that does not come in time is over', async () => {
  await using gateway = await aGateway(undefined, { handshakeMs: 200 });
  const port = await gateway.gateway.listenSecurely(TEST_SERVER, 0, '127.0.0.1');
  assert.equal(await talk(connect(port), '\x16\x03\x01'), '');
});

test('a client that speaks HTTP/2 alone is asked to use HTTP/1.1', async () => {
  await using gateway = await aGateway();
  const client = connectHttp2(`http://127.0.0.1:${gateway.port}`).on('error', NO_FUNCTION);
  const [code] = await once(client, 'goaway');
  assert.equal(code, 0xd);
  client.destroy();
});

test('over TLS that is said in the handshake', async () => {
  await using gateway = await aGateway();
  const port = await gateway.gateway.listenSecurely(TEST_SERVER, 0, '127.0.0.1');
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] });
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL');
});

test('a connection that begins as HTTP/2 can be handed to a server of it', async () => {
  const http2 = createHttp2Server((req, res) => void req.pipe(res));
  const http1 = plainServer();
  http1.on('clientError', (error, socket) =>
    handOver(error, socket as Socket, (taken, firstBytes) => {
      taken.unshift(firstBytes);
      http2.emit('connection', taken);
    }),
  );
  await once(http1.listen(0, '127.0.0.1'), 'listening');
  const { port } = http1.address() as { port: number };
  const client = connectHttp2(`http://127.0.0.1:${port}`);
  const echo = async (text: string) => {
    const stream = client.request({ ':method': 'POST', ':path': '/' });
    stream.end(text);
    return String(Buffer.concat(await stream.toArray()));
  };
  assert.deepEqual(await Promise.all(['one', 'two', 'x'.repeat(100_000)].map(echo)), [
    'one',
    'two',
    'x'.repeat(100_000),
  ]);
  client.close();
  http1.close();
});
