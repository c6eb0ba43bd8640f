/**
 * One thrown error, one failed request. The ways by which a client's bytes, a handler, its answer, a timer or an event lead
 * into the runtime, each tried with something that throws there:
 *
 * - the server's events: request, checkContinue, upgrade, checkExpectation, clientError (server.ts, `guarded`);
 * - letting a request in, which takes turns of the main loop (dispatcher.ts, `#lost`);
 * - what the handler returns, throws, or what its promise does (run-handler.ts, `start`, `#failed`, `#say`);
 * - the reply that is made of it, and its stream, also when that is given up (reply.ts, write-response.ts);
 * - the end of a response, and the rest of its request (dispatcher.ts, `#closed`; exchange.ts, `drop`);
 * - stops: the time, a client that left, a replica that leaves, and listeners of the signal (call.ts, guarded-listener.ts);
 * - promises of waitUntil (wait-until.ts); what is logged or given to console (log.ts, console.ts, thrown-value.ts);
 * - listeners of a WebSocket, and its connection (websocket/).
 *
 * What a handler starts and nothing can catch, a timer's error say, is not among them: docs/handlers/life.md.
 */
import assert from 'node:assert/strict';
import http from 'node:http';
import { connect } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { HOSTILE_VALUES } from './testing/hostile-values.ts';
import { type Replica, replicaOf } from './testing/replica.ts';

const HANDLER = `${HOSTILE_VALUES}
const names = Object.keys(VALUES);
const wait = (ms) => new Promise((r) => setTimeout(r, ms));
const WAYS = {
  return: (value) => value(), throw: (value) => { throw value(); }, async: async (value) => { await null; return value(); },
  asyncThrow: async (value) => { await null; throw value(); },
  log: (value, context) => { const it = value(); console.log(it); console.error('%s %o %d', it, it, it); console.dir(it); context.log.info(it, it); context.log.warn('fields', it); return 'logged'; },
  waitUntil: (value, context) => { context.waitUntil(value()); return 'waits'; },
  waitUntilRejects: (value, context) => { context.waitUntil((async () => { throw value(); })()); return 'waits'; },
  abort: async (value, context) => {
    context.signal.addEventListener('abort', () => { throw value(); });
    context.signal.addEventListener('abort', async () => { throw value(); }, { once: true });
    context.signal.onabort = () => { throw value(); };
    await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
    return 'aborted';
  },
};
export default (request, context) => {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === '/names') return { names, ways: Object.keys(WAYS) };
  if (pathname === '/fine') return wait(20).then(() => 'fine');
  return WAYS[searchParams.get('way')](VALUES[searchParams.get('value')], context);
};
`;

/** Status, or why there is none; never later than `withinMs`. */
function statusOf(origin: string, path: string, withinMs: number, method = 'GET'): Promise<number | string> {
  const { promise, resolve } = Promise.withResolvers<number | string>();
  const request = http.request(origin + path, {
    method,
    agent: false,
    headers: { traceparent: '00-zz', 'x-catnap-wait-ms': 'NaN' },
  });
  const timer = setTimeout(() => request.destroy(), withinMs);
  request.on('response', (response) => {
    response.on('error', () => resolve('broken'));
    response.on('end', () => resolve(response.statusCode ?? 0)).resume();
  });
  request.on('error', ({ message }) => resolve(message));
  request.on('close', () => clearTimeout(timer)).end();
  return promise;
}

/** Thousands of requests: a machine that is busy takes a minute. */
const LONG = { timeout: 300_000 };

suite('what a handler does wrong fails its own request', LONG, () => {
  let replica: Replica;
  let origin: string;
  before(async () => {
    replica = await replicaOf(HANDLER, { CATNAP_TIMEOUT_SECONDS: '5' });
    origin = await replica.origin();
  });
  after(() => replica[Symbol.asyncDispose]());
  const fatal = () => replica.lines.filter(({ level }) => level === 'fatal');

  /** Gives every value to the handler in one way, all at once. */
  async function tryAll(way: string, names: readonly string[], method = 'GET'): Promise<void> {
    const fine = statusOf(origin, '/fine', 20_000);
    // One that waits for the end of its request is left by its client.
    const withinMs = way === 'abort' ? 50 : 2_000;
    const ask = (value: string) => statusOf(origin, `/?way=${way}&value=${value}`, withinMs, method);
    const got = await Promise.all(names.map(ask));
    if (/throw/i.test(way)) assert.deepEqual(new Set(got), new Set([500]), way);
    assert.deepEqual(fatal(), []);
    assert.equal(await fine, 200, way);
  }

  test(
    'whatever is returned, thrown, logged, waited for or done at an abort, with others answered meanwhile',
    LONG,
    async () => {
      const { names, ways } = (await (await fetch(`${origin}/names`)).json()) as { names: string[]; ways: string[] };
      for (const way of ways) await tryAll(way, names);
      await tryAll('return', names, 'HEAD');
      await replica.idle();
      assert.deepEqual(fatal(), []);
    },
  );
});

const BOOM = `const boom = () => { throw new Error('boom'); };
const proxy = () => new Proxy(new Error('x'), { get: boom, has: boom, getPrototypeOf: boom, ownKeys: boom });
const get = (target, name) => Object.defineProperty(target, name, { get: boom, configurable: true });
`;

const EXPRESS = `${BOOM}
const WAYS = {
  methods: (_, res) => { res.write = res.end = res.setHeader = res.removeHeader = res.getHeaderNames = boom; throw proxy(); },
  sent: (_, res) => { get(res, 'headersSent'); throw proxy(); },
  status: (_, res) => { res.send('x'); get(res, 'statusCode'); get(res, 'writableFinished'); },
  statusText: (_, res) => { res.statusCode = 'abc'; res.end('x'); },
  header: (_, res) => { res.setHeader('a', 'b\\n'); },
  twice: (_, res) => { res.send('a'); res.send('b'); },
  late: (_, res) => { res.send('a'); setTimeout(() => { res.write('b'); }, 5); },
  json: (_, res) => { res.json({ toJSON: boom }); },
  redirect: (_, res) => { res.redirect({ toString: boom }); },
  rejects: async () => { throw proxy(); },
};
export const handler = (req, res) => {
  if (req.path === '/ways') return res.json(Object.keys(WAYS));
  if (req.path === '/fine') return setTimeout(() => res.send('fine'), 20);
  return WAYS[req.path.slice(1)](req, res);
};`;

const LAMBDA = `${BOOM}
const WAYS = {
  callback: (_e, _c, callback) => { callback(proxy()); }, later: (_e, _c, callback) => { setTimeout(() => callback(proxy()), 1); },
  result: (_e, _c, callback) => { callback(null, new Proxy({}, { get: boom, has: boom })); },
  status: async () => ({ statusCode: { valueOf: boom, toString: boom } }), headers: async () => ({ statusCode: 200, headers: { a: Symbol('s') } }),
  headersProxy: async () => ({ statusCode: 200, headers: new Proxy({}, { ownKeys: boom }) }), body: async () => ({ statusCode: 200, get body() { throw proxy(); } }),
  cookies: async () => ({ statusCode: 200, cookies: 7 }), multi: async () => ({ statusCode: 200, multiValueHeaders: { a: 7 } }),
  json: async () => ({ toJSON: boom }), bigint: async () => 1n, thrown: () => { throw proxy(); }, rejects: async () => { throw proxy(); },
  done: (_e, context) => { context.fail(proxy()); },
};
export const handler = (event, context, callback) => {
  if (event.rawPath === '/ways') return callback(null, Object.keys(WAYS));
  if (event.rawPath === '/fine') return void setTimeout(() => callback(null, 'fine'), 20);
  return WAYS[event.rawPath.slice(1)](event, context, callback);
};`;

for (const [shape, source, signature] of [
  ['Express', EXPRESS, 'http'],
  ['Lambda', LAMBDA, 'lambda'],
] as const) {
  test(`a handler of ${shape}’s shape fails its own request too`, async () => {
    await using replica = await replicaOf(source, { CATNAP_SIGNATURE: signature, CATNAP_HANDLER: 'handler' });
    const origin = await replica.origin();
    const ways = (await (await fetch(`${origin}/ways`)).json()) as string[];
    for (const way of ways) {
      const fine = statusOf(origin, '/fine', 5_000);
      const got = await statusOf(origin, `/${way}`, 3_000);
      if (shape === 'Lambda' && way !== 'headers') assert.equal(got, 500, way);
      assert.equal(
        await fine,
        200,
        `${way}: ${JSON.stringify(replica.lines.filter(({ level }) => level === 'fatal'))}`,
      );
    }
    await replica.idle();
    assert.deepEqual(
      replica.lines.filter(({ level }) => level === 'fatal'),
      [],
    );
  });
}

test('WebSockets whose listeners throw, and clients that die at any point of theirs, end nothing else', async () => {
  await using replica = await replicaOf(`${BOOM}
    export default (request) => {
      if (request.headers.get('upgrade') !== 'websocket') return new Promise((r) => setTimeout(r, 20, 'fine'));
      const [client, server] = Object.values(new WebSocketPair());
      server.accept();
      for (const type of ['message', 'close', 'error']) {
        server.addEventListener(type, () => { throw proxy(); });
        server.addEventListener(type, async () => { throw proxy(); });
      }
      if (request.url.endsWith('/late')) return new Promise((r) => setTimeout(r, 30, new Response(null, { webSocket: client })));
      return new Response(null, { webSocket: client });
    }`);
  const origin = await replica.origin();
  const head = (path: string) =>
    `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nTraceparent: \xff\r\n\r\n';
  const frames = [
    '',
    '\x81\x82abcd\x00\x00',
    '\xff\xff\xff',
    '\x88\x80abcd',
    '\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff',
    '\x81',
  ];
  for (const path of ['/', '/late']) {
    for (const frame of frames) {
      for (const end of ['destroy', 'resetAndDestroy', 'end'] as const) {
        await abandon(new URL(origin).port, head(path) + frame, end);
      }
    }
  }
  assert.equal(
    await statusOf(origin, '/', 5_000),
    200,
    JSON.stringify(replica.lines.filter(({ level }) => level === 'fatal')),
  );
  await replica.idle();
  assert.deepEqual(
    replica.lines.filter(({ level }) => level === 'fatal'),
    [],
  );
});

/** Sends `bytes`, and leaves with the first byte of an answer, or soon without one. */
async function abandon(port: string, bytes: string, end: 'destroy' | 'resetAndDestroy' | 'end'): Promise<void> {
  const socket = connect(Number(port), '127.0.0.1');
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('error', () => undefined).on('close', () => resolve());
  const timer = setTimeout(() => socket[end](), 15);
  socket.once('data', () => socket[end]());
  socket.write(bytes, 'latin1');
  const last = setTimeout(() => socket.destroy(), 1_000);
  await promise;
  clearTimeout(timer);
  clearTimeout(last);
}
