import assert from 'node:assert/strict';
import { once } from 'node:events';
import type http from 'node:http';
import net from 'node:net';
import { suite, test } from 'node:test';
import { WebSocket } from 'ws';
import { type Replica, replicaOf } from './replica.testing.ts';

/** A web handler that echoes, and says what happens; `/…` chooses what else it does. */
const ECHO = `export default async (request: Request, context) => {
  const { pathname } = new URL(request.url);
  if (request.headers.get('upgrade') !== 'websocket') return new Response('expected a WebSocket', { status: 426 });
  if (pathname === '/plain') return new Response('not for you', { status: 403 });
  const [client, server] = Object.values(new WebSocketPair());
  server.accept();
  server.send('hello');
  server.addEventListener('message', async ({ data }) => {
    console.log('got ' + (typeof data === 'string' ? data : data.byteLength));
    if (data === 'throw') throw new Error('thrown');
    if (data === 'stray') setTimeout(() => { throw new Error('stray'); });
    if (data === 'bye') return server.close(4001, 'as you wish');
    await new Promise((resolve) => setTimeout(resolve, 1));
    server.send(data);
  });
  server.addEventListener('close', ({ code, reason, wasClean }) => console.log(['closed', code, reason, wasClean].join(' ')));
  context.signal.addEventListener('abort', () => console.log('aborted'));
  const headers = { 'sec-websocket-protocol': 'chat', 'x-own': 'a' };
  return new Response(null, { status: 101, webSocket: client, headers });
}`;

interface Client extends AsyncDisposable {
  socket: WebSocket;
  headers: http.IncomingHttpHeaders;
  /** The next message. */
  next(): Promise<string | Buffer>;
  closed: Promise<{ code: number; reason: string }>;
}

async function connect(replica: Replica, id = 'r-1', protocols = ['other', 'chat']): Promise<Client> {
  const url = (await replica.origin()).replace('http', 'ws');
  const socket = new WebSocket(url, protocols, { headers: { 'x-request-id': id } });
  const messages: (string | Buffer)[] = [];
  let wake = () => {};
  socket.on('message', (data, isBinary) => {
    messages.push(isBinary ? (data as Buffer) : String(data));
    wake();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })),
  );
  const upgraded = once(socket, 'upgrade') as Promise<[http.IncomingMessage]>;
  await once(socket, 'open');
  const [{ headers }] = await upgraded;
  const next = async () => {
    while (messages.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return messages.shift() ?? '';
  };
  const dispose = async () => socket.terminate();
  return { socket, headers, next, closed, [Symbol.asyncDispose]: dispose };
}

type Refused = [unknown, http.IncomingMessage];

const inFlight = async (replica: Replica) => /in_flight (\d+)/.exec(await replica.metrics())?.[1];

// Each has a process of its own and mostly waits for it.
suite('WebSockets', { concurrency: 4 }, () => {
  test('a pair as on Cloudflare Workers: what the handler sends comes to the client, and the other way', async () => {
    await using replica = await replicaOf(ECHO);
    await using client = await connect(replica);
    assert.equal(client.headers['x-request-id'], 'r-1');
    assert.equal(client.headers['x-own'], 'a');
    assert.equal(client.socket.protocol, 'chat');
    assert.equal(await client.next(), 'hello');
    client.socket.send('text ☃');
    assert.equal(await client.next(), 'text ☃');
    client.socket.send(Buffer.from([0, 255, 7]));
    assert.deepEqual(await client.next(), Buffer.from([0, 255, 7]));
    assert.equal(await inFlight(replica), '1');
    client.socket.close(4000, 'enough');
    assert.deepEqual(await client.closed, { code: 4000, reason: 'enough' });
    await replica.line((line) => line.msg === 'closed 4000 enough true');
    await replica.line((line) => line.msg === 'aborted');
    await replica.idle();
    const text = await replica.metrics();
    assert.match(text, /requests_total\{code="1xx"\} 1\n/);
    // What runs in an event belongs to the request.
    const own = replica.lines.filter(({ msg }) => /^(got|closed)/.test(msg));
    assert.deepEqual([...new Set(own.map(({ requestId }) => requestId))], ['r-1']);
  });

  test('the handler closes with a code of its own', async () => {
    await using replica = await replicaOf(ECHO);
    await using client = await connect(replica);
    client.socket.send('bye');
    assert.deepEqual(await client.closed, { code: 4001, reason: 'as you wish' });
    await replica.line((line) => line.msg === 'closed 4001 as you wish true');
  });

  test('a client that vanishes is a close with 1006', async () => {
    await using replica = await replicaOf(ECHO);
    const client = await connect(replica);
    client.socket.terminate();
    await replica.line((line) => line.msg === 'closed 1006  false');
    await replica.idle();
  });

  test('an ordinary request, and an answer that is no WebSocket, are what they are', async () => {
    await using replica = await replicaOf(ECHO);
    const origin = await replica.origin();
    assert.equal((await fetch(origin)).status, 426);
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/plain`);
    const [, response] = (await once(socket, 'unexpected-response')) as Refused;
    assert.equal(response.statusCode, 403);
    assert.equal(response.headers.connection, 'close');
    assert.equal(Buffer.concat(await response.toArray()).toString(), 'not for you');
    await replica.idle();
    assert.match(await replica.metrics(), /requests_total\{code="4xx"\} 2\n/);
  });

  test('a WebSocket for a request that asked for none is a 500', async () => {
    await using replica = await replicaOf(`export default (request: Request) => {
      if (request.headers.get('upgrade') === null && request.method === 'GET') {
        try { new WebSocketPair(); } catch (error) { return error.message; }
      }
      const { 0: client, 1: server } = new WebSocketPair();
      if (new URL(request.url).pathname === '/both') client.accept();
      return new Response(null, { status: 101, webSocket: client });
    }`);
    const origin = await replica.origin();
    assert.match(await (await fetch(origin)).text(), /for a request with "Upgrade: websocket"/);
    const client = new WebSocket(origin.replace('http', 'ws'));
    await once(client, 'open');
    client.terminate();
    const answer = await fetch(origin, { method: 'POST' });
    assert.equal(answer.status, 500);
    assert.match(((await answer.json()) as { message: string }).message, /was not asked for/);
    const both = new WebSocket(`${origin.replace('http', 'ws')}/both`);
    const [, response] = (await once(both, 'unexpected-response')) as Refused;
    assert.equal(response.statusCode, 500);
  });

  test('a WebSocket holds its place while it is open, however long that is', async () => {
    const limits = { CATNAP_CONCURRENCY_LIMIT: '1', CATNAP_TIMEOUT_SECONDS: '0.3' };
    await using replica = await replicaOf(ECHO, limits);
    const origin = await replica.origin();
    await using client = await connect(replica);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal((await fetch(origin)).status, 503);
    const [, refused] = (await once(new WebSocket(origin.replace('http', 'ws')), 'unexpected-response')) as Refused;
    assert.deepEqual([refused.statusCode, refused.headers['x-catnap-not-started']], [503, 'true']);
    client.socket.send('still here');
    assert.equal(await client.next(), 'hello');
    assert.equal(await client.next(), 'still here');
    client.socket.close();
    await client.closed;
    await replica.idle();
    const status = async () => (await fetch(origin)).status;
    while ((await status()) === 503) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(await status(), 426);
  });

  test('the time until it is open is limited', async () => {
    await using replica = await replicaOf(`export default () => new Promise(() => undefined)`, {
      CATNAP_TIMEOUT_SECONDS: '0.2',
    });
    const socket = new WebSocket((await replica.origin()).replace('http', 'ws'));
    const [, response] = (await once(socket, 'unexpected-response')) as Refused;
    assert.equal(response.statusCode, 504);
  });

  test('a client that leaves before it is open aborts the signal', async () => {
    await using replica = await replicaOf(`export default (request: Request, context) => {
      console.log('in');
      return new Promise(() => context.signal.addEventListener('abort', () => console.log('aborted')));
    }`);
    const { port } = new URL(await replica.origin());
    const socket = net.connect(Number(port), '127.0.0.1');
    const key = 'dGhlIHNhbXBsZSBub25jZQ==';
    socket.write(
      `GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    await replica.line((line) => line.msg === 'in');
    socket.end();
    await replica.line((line) => line.msg === 'aborted');
    await replica.idle();
  });

  test('an error in a listener closes its WebSocket with 1011, and the replica serves on', async () => {
    await using replica = await replicaOf(ECHO);
    await using client = await connect(replica, 'r-2');
    client.socket.send('throw');
    assert.deepEqual(await client.closed, { code: 1011, reason: 'the handler failed' });
    const line = await replica.line((found) => found.msg === 'handler failed');
    assert.equal(line.requestId, 'r-2');
    assert.match((line.err as { stack: string }).stack, /thrown[\s\S]*index\.ts:10/);
    await using other = await connect(replica);
    assert.equal(await other.next(), 'hello');
  });

  test('an error that nobody caught: 1011 to its own, 1001 to the others, and it exits 1', async () => {
    await using replica = await replicaOf(ECHO);
    await using client = await connect(replica, 'r-3');
    await using other = await connect(replica);
    client.socket.send('stray');
    assert.equal((await client.closed).code, 1011);
    assert.equal((await other.closed).code, 1001);
    assert.deepEqual(await replica.ended, { code: 1, signal: null });
    assert.equal((await replica.line((found) => found.level === 'fatal')).requestId, 'r-3');
  });

  test('a replica that leaves closes with 1001, the handler is told, and it exits', async () => {
    await using replica = await replicaOf(ECHO);
    await using client = await connect(replica);
    await replica.origin();
    replica.process.kill('SIGTERM');
    assert.deepEqual(await client.closed, { code: 1001, reason: 'the replica is leaving; connect again' });
    assert.deepEqual(await replica.ended, { code: 0, signal: null });
    await replica.line((line) => line.msg === 'closed 1001 the replica is leaving; connect again true');
  });

  test('a client that does not say goodbye is cut off', async () => {
    await using replica = await replicaOf(ECHO);
    await using client = await connect(replica);
    await client.next();
    client.socket.pause();
    const sinceMs = performance.now();
    replica.process.kill('SIGTERM');
    assert.deepEqual(await replica.ended, { code: 0, signal: null });
    const tookMs = performance.now() - sinceMs;
    assert.ok(tookMs > 3_000 && tookMs < 6_000, `took ${tookMs} ms`);
    await replica.line((line) => line.msg.startsWith('closed 1006'));
  });

  test('a message that is too large closes with 1009', async () => {
    await using replica = await replicaOf(ECHO);
    await using client = await connect(replica);
    client.socket.on('error', () => undefined);
    client.socket.send(Buffer.alloc(32 * 1024 * 1024 + 1));
    assert.equal((await client.closed).code, 1009);
  });

  test('a client that sends and does not read is not read from either', async () => {
    await using replica = await replicaOf(ECHO);
    await using client = await connect(replica);
    await client.next();
    client.socket.pause();
    const chunk = Buffer.alloc(1024 * 1024);
    for (let sent = 0; sent < 200; sent++) client.socket.send(chunk);
    const got = () => replica.lines.filter(({ msg }) => msg.startsWith('got ')).length;
    await replica.line((line) => line.msg.startsWith('got '));
    for (let before = -1; before !== got(); ) {
      before = got();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.ok(got() < 50, `${got()} MiB taken from a client that takes none`);
    client.socket.resume();
    for (let seen = 0; seen < 200; seen++) assert.equal((await client.next()).length, chunk.length);
  });

  test('Hono’s helper for Cloudflare Workers runs as it is', async () => {
    await using replica = await replicaOf(`
    const upgradeWebSocket = (createEvents) => async (c) => {
      const events = await createEvents(c);
      if (c.req.header('Upgrade') !== 'websocket') return;
      const webSocketPair = new globalThis.WebSocketPair();
      const client = webSocketPair[0];
      const server = webSocketPair[1];
      const context = {
        close: (code, reason) => server.close(code, reason),
        get protocol() { return server.protocol; },
        get readyState() { return server.readyState; },
        url: server.url ? new URL(server.url) : null,
        send: (source) => server.send(source),
      };
      server.addEventListener('close', (evt) => events.onClose?.(evt, context));
      server.addEventListener('message', (evt) => events.onMessage?.(evt, context));
      server.addEventListener('error', (evt) => events.onError?.(evt, context));
      server.accept();
      return new Response(null, { status: 101, webSocket: client });
    };
    const socket = upgradeWebSocket(() => ({
      onMessage: (event, ws) => ws.send([event.data, ws.readyState, event.type].join(' ')),
      onClose: () => console.log('closed'),
    }));
    export default {
      async fetch(request, env, ctx) {
        const answer = await socket({ req: { header: (name) => request.headers.get(name) } });
        // As a framework does to add a header.
        return new Response(answer.body, answer);
      },
    };`);
    await using client = await connect(replica, 'r-1', []);
    client.socket.send('hi');
    assert.equal(await client.next(), 'hi 1 message');
    client.socket.close();
    await replica.line((line) => line.msg === 'closed');
  });

  test('an http handler answers the request for a WebSocket like any other', async () => {
    await using replica = await replicaOf(
      `export default (req, res) => res.status(400).send('no sockets: ' + req.get('upgrade'));`,
      {
        CATNAP_SIGNATURE: 'http',
      },
    );
    const socket = new WebSocket((await replica.origin()).replace('http', 'ws'));
    const [, response] = (await once(socket, 'unexpected-response')) as Refused;
    assert.equal(response.statusCode, 400);
    assert.equal(Buffer.concat(await response.toArray()).toString(), 'no sockets: websocket');
  });
});
