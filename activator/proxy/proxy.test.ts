// Longer than 250 lines: one request's way through a whole gateway, seen from both ends, with one set-up.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type RequestListener, request } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { settled } from '#platform/testing/until.ts';
import { aFunction, aPod, ask, TestGateway, until } from '../testing/test-gateway.ts';

/** A gateway with one function and one replica that answers already. */
async function warmGateway(handler: RequestListener, spec: object = {}): Promise<TestGateway> {
  const gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello', spec));
  await gateway.addReplica('pod-a', 'hello-1', handler);
  await until(() => gateway.traffic('hello').answering === 1, 'the replica answers');
  return gateway;
}

const host = 'hello.default.fn.example';

/** Sends the text over a socket and collects all that comes back until the other side closes. */
async function talk(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    answer += chunk;
  });
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test('method, path, query, body and answer go through unchanged', async () => {
  await using gateway = await warmGateway(async (req, res) => {
    const body = await bodyOf(req);
    res.writeHead(201, 'Made', { 'x-method': req.method, 'x-url': req.url, 'set-cookie': ['a=1', 'b=2'] });
    res.end(`${body} back`);
  });
  const answer = await ask(gateway.port, { method: 'PUT', path: '/a%20b/?q=%2F&q', body: 'there and' });
  assert.equal(answer.status, 201);
  assert.equal(answer.headers['x-method'], 'PUT');
  assert.equal(answer.headers['x-url'], '/a%20b/?q=%2F&q');
  assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
  assert.equal(answer.body, 'there and back');
});

test('the replica sees the client’s Host and who asked, and nothing of Catnap’s own', async () => {
  await using gateway = await warmGateway((req, res) => res.end(JSON.stringify(req.headers)));
  const headers = {
    'x-catnap-not-started': '1',
    'x-catnap-secret': 'x',
    connection: 'x-hop',
    'x-hop': '1',
    te: 'trailers',
  };
  const answer = await ask(gateway.port, { host: `${host}:1234`, headers: { ...headers, 'x-request-id': 'mine-1' } });
  const seen = JSON.parse(answer.body);
  assert.equal(seen.host, `${host}:1234`);
  assert.equal(seen['x-forwarded-for'], '127.0.0.1');
  assert.equal(seen['x-forwarded-host'], `${host}:1234`);
  assert.equal(seen['x-request-id'], 'mine-1');
  assert.deepEqual(
    Object.keys(seen).filter((name) => name.startsWith('x-catnap') || name === 'x-hop'),
    [],
  );
  assert.equal(answer.headers['x-request-id'], 'mine-1');
});

test('every answer tells its times and an id, made up where the client had none', async () => {
  await using gateway = await warmGateway((req, res) => res.end(req.headers['x-request-id']));
  const answer = await ask(gateway.port);
  assert.match(answer.body, /^[0-9a-f-]{36}$/);
  assert.equal(answer.headers['x-request-id'], answer.body);
  assert.match(String(answer.headers['server-timing']), /^queue;dur=[\d.]+, cold;dur=0, fn;dur=[\d.]+$/);
  assert.equal(answer.headers['x-catnap-cold-start'], 'false');
});

test('by path, the prefix is stripped', async () => {
  await using gateway = await warmGateway((req, res) => res.end(req.url));
  assert.equal((await ask(gateway.port, { host: 'localhost', path: '/fn/default/hello/a?b' })).body, '/a?b');
  assert.equal((await ask(gateway.port, { host: 'localhost', path: '/fn/default/none/a?b' })).status, 404);
  assert.equal((await ask(gateway.port, { path: '/.catnap/ready' })).status, 404);
});

test('a request in absolute form goes where its target says', async () => {
  await using gateway = await warmGateway((req, res) => res.end(`${req.headers.host} ${req.url}`));
  const text = `GET http://${host}/x?y HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n`;
  assert.match(await talk(gateway.port, text), /^HTTP\/1\.1 200 [\s\S]*hello\.default\.fn\.example \/x\?y/);
});

test('a client of HTTP/1.0 that names no host reaches its function, which gets the gateway’s address', async () => {
  await using gateway = await warmGateway((req, res) => res.end(`${req.headers.host} ${req.url}`));
  const answer = await talk(gateway.port, 'GET /fn/default/hello/x HTTP/1.0\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 200 /);
  assert.ok(answer.endsWith(`127.0.0.1:${gateway.port} /x`), answer);
});

test('a head goes out before the first byte of a slow body', async () => {
  const release = Promise.withResolvers<void>();
  await using gateway = await warmGateway((_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    void release.promise.then(() => res.end('data: late\n\n'));
  });
  const sent = request({ port: gateway.port, headers: { host }, agent: false }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  assert.equal(response.headers['content-type'], 'text/event-stream');
  release.resolve();
  assert.equal(String(await bodyOf(response)), 'data: late\n\n');
});

test('both directions flow at once: an echo answers while it is still being sent to', async () => {
  await using gateway = await warmGateway((req, res) => req.pipe(res));
  const sent = request({ port: gateway.port, method: 'POST', headers: { host }, agent: false });
  sent.write('one');
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  assert.equal(String((await once(response, 'data'))[0]), 'one');
  sent.write('two');
  assert.equal(String((await once(response, 'data'))[0]), 'two');
  sent.end();
  await once(response, 'end');
});

test('32 clients echo 32 KiB thirty times each, every byte the same', async () => {
  await using gateway = await warmGateway((req, res) => req.pipe(res));
  const rounds = async () => {
    for (let i = 0; i < 30; i += 1) {
      const body = randomBytes(16_384).toString('hex');
      const answer = await ask(gateway.port, { method: 'POST', body });
      assert.equal(answer.status, 200);
      assert.ok(answer.body === body);
    }
  };
  await Promise.all(Array.from({ length: 32 }, rounds));
  assert.equal(gateway.traffic('hello').inFlight, 0);
});

test('a client that reads slowly holds back the function, and loses nothing', async () => {
  const total = 32 * 1_048_576;
  const chunk = randomBytes(65_536);
  let written = 0;
  const expected = createHash('sha256');
  await using gateway = await warmGateway((_req, res) => {
    const more = () => {
      while (written < total) {
        written += chunk.length;
        expected.update(chunk);
        if (!res.write(chunk)) return void res.once('drain', more);
      }
      res.end();
    };
    more();
  });
  const sent = request({ port: gateway.port, headers: { host }, agent: false }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  await settled(() => written);
  assert.ok(written < total / 2, `${written} of ${total} bytes written to a client that reads none`);
  const received = createHash('sha256');
  for await (const part of response) received.update(part);
  assert.equal(received.digest('hex'), expected.digest('hex'));
});

test('a function that reads slowly holds back the client, and loses nothing', async () => {
  const total = 32 * 1_048_576;
  const release = Promise.withResolvers<void>();
  await using gateway = await warmGateway(async (req, res) => {
    await release.promise;
    const hash = createHash('sha256');
    for await (const part of req) hash.update(part);
    res.end(hash.digest('hex'));
  });
  const sent = request({ port: gateway.port, method: 'POST', headers: { host }, agent: false });
  const expected = createHash('sha256');
  const chunk = randomBytes(65_536);
  let written = 0;
  const more = () => {
    while (written < total) {
      written += chunk.length;
      expected.update(chunk);
      if (!sent.write(chunk)) return void sent.once('drain', more);
    }
    sent.end();
  };
  more();
  await settled(() => written);
  assert.ok(written < total / 2, `${written} of ${total} bytes taken for a function that reads none`);
  release.resolve();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  assert.equal(String(await bodyOf(response)), expected.digest('hex'));
});

test('a client that goes ends the function’s request', async () => {
  const gone = Promise.withResolvers<void>();
  await using gateway = await warmGateway((_req, res) => {
    res.write('begun');
    res.on('close', () => gone.resolve());
  });
  const stop = new AbortController();
  const sent = request({ port: gateway.port, headers: { host }, agent: false, signal: stop.signal }).end();
  sent.on('error', () => undefined);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.on('error', () => undefined);
  stop.abort();
  await gone.promise;
  await until(() => gateway.traffic('hello').inFlight === 0, 'it is over');
});

test('a replica that breaks off before its answer is 502', async () => {
  await using gateway = await warmGateway((req) => void req.socket.destroy());
  const answer = await ask(gateway.port);
  assert.equal(answer.status, 502);
  assert.equal(answer.headers['x-catnap-error'], 'ReplicaFailed');
});

test('a replica that breaks off within its answer breaks the client’s connection', async () => {
  await using gateway = await warmGateway((req, res) => {
    res.writeHead(200, { 'content-length': '1000' });
    res.write('part', () => req.socket.destroy());
  });
  await assert.rejects(ask(gateway.port), /aborted|socket hang up|ECONNRESET/);
  await until(() => gateway.traffic('hello').inFlight === 0, 'it is over');
});

test('a chunked answer that breaks off is not made to look whole', async () => {
  await using gateway = await warmGateway((req, res) => {
    res.write('part', () => req.socket.destroy());
  });
  await assert.rejects(ask(gateway.port), /aborted|socket hang up|ECONNRESET/);
});

test('a request whose connection is refused goes to another replica, body and all', async () => {
  await using gateway = await warmGateway((_req, res) => res.end());
  const dying = await gateway.addBackend('pod-b', (_req, res) => res.end());
  const { ip, port } = dying;
  gateway.podFeed.put('pod-b', aPod({ name: 'pod-b', revision: 'hello-1', ip, port }));
  await until(() => gateway.traffic('hello').answering === 2, 'both answer');
  dying.server.closeAllConnections();
  dying.server.close();
  for (let i = 0; i < 10; i += 1) {
    assert.equal((await ask(gateway.port, { method: 'POST', body: 'x'.repeat(100_000) })).status, 200);
  }
  assert.equal(gateway.traffic('hello').answering, 1);
});

test('a replica that has not begun may be followed by another, with the same body', async () => {
  const bodies: string[] = [];
  let refusals = 0;
  const handler: RequestListener = async (req, res) => {
    if (refusals < 3) {
      refusals += 1;
      res.writeHead(503, { 'x-catnap-not-started': '1', 'content-length': '0' }).end();
      return;
    }
    bodies.push(String(await bodyOf(req)));
    res.end('done');
  };
  await using gateway = await warmGateway(handler);
  const answer = await ask(gateway.port, { method: 'POST', body: 'once' });
  assert.equal(answer.status, 200);
  assert.deepEqual(bodies, ['once']);
  assert.equal(answer.headers['x-catnap-not-started'], undefined);
});

test('a request that a replica has begun with is never sent again', async () => {
  let seen = 0;
  const handler: RequestListener = async (req) => {
    await bodyOf(req);
    seen += 1;
    req.socket.destroy();
  };
  await using gateway = await warmGateway(handler);
  const { ip, port } = await gateway.addBackend('pod-b', handler);
  gateway.podFeed.put('pod-b', aPod({ name: 'pod-b', revision: 'hello-1', ip, port }));
  await until(() => gateway.traffic('hello').answering === 2, 'both answer');
  assert.equal((await ask(gateway.port, { method: 'POST', body: 'pay' })).status, 502);
  assert.equal(seen, 1);
});

test('a function that takes too long is 504, and its request is ended', async () => {
  const ended = Promise.withResolvers<void>();
  await using gateway = await warmGateway((_req, res) => void res.on('close', () => ended.resolve()), {
    timeoutSeconds: 1,
  });
  const answer = await ask(gateway.port);
  assert.equal(answer.status, 504);
  assert.equal(answer.headers['x-catnap-error'], 'Timeout');
  await ended.promise;
});

test('an answer that takes too long once begun is cut off', async () => {
  await using gateway = await warmGateway((_req, res) => void res.write('begun'), { timeoutSeconds: 1 });
  await assert.rejects(ask(gateway.port), /aborted|socket hang up|ECONNRESET/);
});

test('a replica that is being ended gets no new request and finishes what it has', async () => {
  const release = Promise.withResolvers<void>();
  const seen: string[] = [];
  await using gateway = await warmGateway((req, res) => {
    seen.push(`a${req.url}`);
    void release.promise.then(() => res.end('first'));
  });
  const first = ask(gateway.port, { path: '/1' });
  await until(() => seen.length === 1, 'the first runs');
  const backend = await gateway.addReplica('pod-b', 'hello-1', (req, res) => {
    seen.push(`b${req.url}`);
    res.end('second');
  });
  assert.ok(backend);
  gateway.podFeed.put('pod-a', aPod({ name: 'pod-a', revision: 'hello-1', ip: '127.0.0.1', leaving: true }));
  assert.equal((await ask(gateway.port, { path: '/2' })).body, 'second');
  release.resolve();
  assert.equal((await first).body, 'first');
  assert.deepEqual(seen, ['a/1', 'b/2']);
});

test('many requests over one connection, sent without waiting, are answered in their order', async () => {
  await using gateway = await warmGateway((req, res) => {
    const answer = () => res.end(`<${req.url}>`);
    if (req.url === '/1') setTimeout(answer, 20);
    else answer();
  });
  const one = (n: number, end = '') => `GET /${n} HTTP/1.1\r\nHost: ${host}\r\n${end}\r\n`;
  const answer = await talk(gateway.port, one(1) + one(2) + one(3, 'Connection: close\r\n'));
  assert.deepEqual(answer.match(/<\/\d>/g), ['</1>', '</2>', '</3>']);
});

test('a client that waits for 100 Continue gets it when a replica takes the body', async () => {
  await using gateway = await warmGateway(async (req, res) => res.end(`got ${await bodyOf(req)}`));
  const sent = request({
    port: gateway.port,
    method: 'POST',
    headers: { host, expect: '100-continue', 'content-length': '4' },
    agent: false,
  });
  sent.flushHeaders();
  await once(sent, 'continue');
  sent.end('body');
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  assert.equal(String(await bodyOf(response)), 'got body');
});

test('early hints and trailers go through', async () => {
  await using gateway = await warmGateway((_req, res) => {
    res.writeEarlyHints({ link: '</style.css>; rel=preload' });
    res.writeHead(200, { trailer: 'x-sum' });
    res.write('body');
    res.addTrailers({ 'x-sum': '42' });
    res.end();
  });
  const sent = request({ port: gateway.port, headers: { host }, agent: false }).end();
  const hints: (number | undefined)[] = [];
  sent.on('information', (info) => hints.push(info.statusCode));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  await bodyOf(response);
  assert.deepEqual(hints, [103]);
  assert.equal(response.trailers['x-sum'], '42');
});

test('HEAD and answers without a body end where they should', async () => {
  await using gateway = await warmGateway((req, res) => {
    if (req.url === '/204') res.writeHead(204).end();
    else res.writeHead(200, { 'content-length': '5' }).end(req.method === 'HEAD' ? undefined : 'hello');
  });
  const head = await ask(gateway.port, { method: 'HEAD' });
  assert.equal(head.headers['content-length'], '5');
  assert.equal(head.body, '');
  assert.equal((await ask(gateway.port, { path: '/204' })).status, 204);
  assert.equal((await ask(gateway.port)).body, 'hello');
});

test('heads of 60 KB pass both ways; a longer one is refused', async () => {
  await using gateway = await warmGateway((req, res) => {
    res.setHeader('x-answer', 'a'.repeat(60_000)).end(String(req.headers['x-question']?.length));
  });
  const sent = request({
    port: gateway.port,
    headers: { host, 'x-question': 'q'.repeat(60_000) },
    maxHeaderSize: 65_536,
    agent: false,
  }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  assert.equal(response.headers['x-answer']?.length, 60_000);
  assert.equal(String(await bodyOf(response)), '60000');
  assert.equal((await ask(gateway.port, { headers: { 'x-question': 'q'.repeat(70_000) } })).status, 431);
});

test('a WebSocket is joined to its replica and counts as in flight until it closes', async () => {
  await using gateway = await warmGateway((_req, res) => res.writeHead(400).end());
  const server = gateway.backends[0];
  assert.ok(server);
  server.on('upgrade', (req, socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Key: ${req.headers['sec-websocket-key']}\r\n\r\n`,
    );
    socket.pipe(socket);
  });
  const sent = request({
    port: gateway.port,
    headers: { host, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'abc' },
    agent: false,
  }).end();
  const [response, socket] = await once(sent, 'upgrade');
  assert.equal(response.headers['x-key'], 'abc');
  socket.write('ping');
  assert.equal(String((await once(socket, 'data'))[0]), 'ping');
  const traffic = gateway.traffic('hello');
  assert.equal(traffic.inFlight, 1);
  socket.destroy();
  await until(() => traffic.inFlight === 0, 'it is over');
});

test('a WebSocket whose client ends is over, also when its replica has nothing to say to that', async () => {
  await using gateway = await warmGateway((_req, res) => res.writeHead(400).end());
  const server = gateway.backends[0];
  assert.ok(server);
  server.on('upgrade', (_req, socket) => {
    socket.on('error', () => undefined);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  });
  const sent = request({
    port: gateway.port,
    headers: { host, connection: 'Upgrade', upgrade: 'websocket' },
    agent: false,
  }).end();
  const [response, socket] = await once(sent, 'upgrade');
  assert.equal(response.headers['x-catnap-cold-start'], 'false');
  const traffic = gateway.traffic('hello');
  assert.equal(traffic.inFlight, 1);
  socket.end();
  await until(() => traffic.inFlight === 0, 'it is over');
});

test('a WebSocket that the function refuses is answered like any request', async () => {
  await using gateway = await warmGateway((_req, res) => res.writeHead(426).end('no'));
  const sent = request({
    port: gateway.port,
    headers: { host, connection: 'Upgrade', upgrade: 'websocket' },
    agent: false,
  }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  assert.equal(response.statusCode, 426);
  assert.equal(String(await bodyOf(response)), 'no');
});

test('a function that calls another one by its name alone reaches the one in its own namespace', async () => {
  await using gateway = await TestGateway.start();
  gateway.putFunction(aFunction('hello'));
  await gateway.addReplica('pod-a', 'hello-1', (_req, res) => void res.end('hello'));
  await until(() => gateway.traffic('hello').answering === 1, 'the replica answers');
  assert.equal((await ask(gateway.port, { host: 'hello' })).status, 200);
  gateway.podFeed.remove('pod-a');
  const answer = await ask(gateway.port, { host: 'hello' });
  assert.equal(answer.status, 404);
  assert.match(answer.body, /hello\.<namespace>/);
});
