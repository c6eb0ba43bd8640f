import assert from 'node:assert/strict';
import { once } from 'node:events';
import type http from 'node:http';
import net from 'node:net';
import { suite, test } from 'node:test';
import { WebSocket } from 'ws';
import { until } from '#platform/testing/until.ts';
import { type Replica, replicaOf, WITH_DETAIL } from '../testing/replica.ts';
import { connect, ECHO } from '../testing/web-socket-client.ts';

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
    assert.match(
      await (await fetch(origin, { headers: WITH_DETAIL })).text(),
      /for a request with "Upgrade: websocket"/,
    );
    const client = new WebSocket(origin.replace('http', 'ws'));
    await once(client, 'open');
    client.terminate();
    const answer = await fetch(origin, { method: 'POST', headers: WITH_DETAIL });
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
    const overMs = performance.now() + 500;
    while (performance.now() < overMs) assert.equal((await fetch(origin)).status, 503);
    const [, refused] = (await once(new WebSocket(origin.replace('http', 'ws')), 'unexpected-response')) as Refused;
    assert.deepEqual([refused.statusCode, refused.headers['x-catnap-not-started']], [503, 'true']);
    client.socket.send('still here');
    assert.equal(await client.next(), 'hello');
    assert.equal(await client.next(), 'still here');
    client.socket.close();
    await client.closed;
    await replica.idle();
    const status = async () => (await fetch(origin)).status;
    await until(async () => (await status()) !== 503, 'its place is free');
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
