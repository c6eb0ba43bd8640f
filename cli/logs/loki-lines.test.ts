import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type TestContext, test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { until } from '#platform/testing/until.ts';
import { CommandError } from '../command-line/command-error.ts';
import { type LokiOptions, lokiLines } from './loki-lines.ts';
import type { FunctionLine, WantedLines } from './wanted-lines.ts';

const T = BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n;
const POD = 'orders-7f3c9a12-8wsf9mbbvw-fc7n9';

interface Asked {
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
}

/** Answers as Loki's API is documented. @param lines by time, the oldest first */
async function aLoki(t: TestContext, lines: readonly [bigint, string][]) {
  const asked: Asked[] = [];
  const sockets: WebSocket[] = [];
  const note = ({ url = '', headers }: IncomingMessage): Asked => {
    const { pathname, searchParams } = new URL(url, 'http://x');
    const one = { path: pathname, query: searchParams, headers };
    asked.push(one);
    return one;
  };
  const server = createServer((request, response) => {
    const { query } = note(request);
    const [start, end] = [BigInt(query.get('start') ?? 0), BigInt(query.get('end') ?? 0)];
    const inRange = lines.filter(([ns]) => ns >= start && ns < end).toReversed();
    const values = inRange.slice(0, Number(query.get('limit'))).map(([ns, line]) => [String(ns), line]);
    const result =
      values.length === 0 ? [] : [{ stream: { namespace: 'shop', pod: POD, container: 'function' }, values }];
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'streams', result, stats: {} } }));
  });
  const websockets = new WebSocketServer({ server, path: '/loki/api/v1/tail' });
  websockets.on('connection', (socket, request) => {
    note(request);
    sockets.push(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.terminate();
    server.closeAllConnections();
    server.close();
  });
  const send = (of: readonly [bigint, string][], dropped: object[] | null = null) => {
    const values = of.map(([ns, line]) => [String(ns), line]);
    const text = { streams: [{ stream: { pod: POD, container: 'function' }, values }], dropped_entries: dropped };
    sockets.at(-1)?.send(JSON.stringify(text));
  };
  return { asked, sockets, send, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const wantedOf = (more: Partial<WantedLines> = {}): WantedLines => ({
  namespace: 'shop',
  name: 'orders',
  follow: false,
  since: '2026-01-01T00:00:00.000Z',
  request: undefined,
  tail: undefined,
  ...more,
});

function read(host: string, more: Partial<WantedLines> = {}, options: Partial<LokiOptions> = {}) {
  const stop = new AbortController();
  const url = `http://${host}`;
  const all = { url, wanted: wantedOf(more), signal: stop.signal, note: () => undefined, ...options };
  const lines: FunctionLine[] = [];
  const done = (async () => {
    for await (const line of lokiLines(all)) lines.push(line);
  })();
  return { lines, done, stop };
}

test('lines come in order of time, with their replica, from as many answers as it takes', async (t) => {
  const all = Array.from({ length: 12_000 }, (_, n): [bigint, string] => [T + BigInt(n) * 1_000n, `line ${n}`]);
  const { host, asked } = await aLoki(t, all);
  const { lines, done } = read(host);
  await done;
  assert.deepEqual(
    lines.map(({ line }) => line),
    all.map(([, line]) => line),
  );
  assert.deepEqual(lines[1], {
    time: '2026-01-01T00:00:00.000001000Z',
    pod: POD,
    revision: 'orders-7f3c9a12',
    container: 'function',
    line: 'line 1',
  });
  assert.equal(asked[0]?.path, '/loki/api/v1/query_range');
  assert.equal(asked[0]?.query.get('query'), '{namespace="shop", pod=~"orders-[0-9a-f]{8}-.+"}');
  assert.equal(asked.length, 3);
});

test('the last lines, those of a request, and another selector are asked for as such', async (t) => {
  const { host, asked } = await aLoki(t, [
    [T, '{"msg":"a","requestId":"id-1"}'],
    [T + 1n, '{"msg":"id-1","requestId":"id-2"}'],
    [T + 2n, 'c'],
  ]);
  const last = read(host, { tail: 1 });
  await last.done;
  assert.deepEqual(
    last.lines.map(({ line }) => line),
    ['c'],
  );
  const selector = '{app="$function", ns="$namespace"}';
  const ofRequest = read(
    host,
    { request: 'id-1' },
    { selector, tenant: 'team-a', url: `http://me:secret%20word@${host}/` },
  );
  await ofRequest.done;
  assert.deepEqual(
    ofRequest.lines.map(({ line }) => line),
    ['{"msg":"a","requestId":"id-1"}'],
  );
  const { query, headers } = asked.at(-1) as Asked;
  assert.equal(query.get('query'), '{app="orders", ns="shop"} |= "id-1"');
  assert.equal(headers['x-scope-orgid'], 'team-a');
  assert.equal(headers.authorization, `Basic ${Buffer.from('me:secret word').toString('base64')}`);
});

test('what is followed goes on after a socket that ends, and tells what was dropped', async (t) => {
  const { host, asked, sockets, send } = await aLoki(t, [[T, 'kept']]);
  const notes: string[] = [];
  const { lines, done, stop } = read(host, { follow: true }, { note: (text) => notes.push(text) });
  await until(() => sockets.length === 1, 'it follows');
  assert.equal(asked.at(-1)?.query.get('start'), String(T + 1n));
  send([[T + 5n, 'live']]);
  await until(() => lines.length === 2, 'the live line');
  sockets[0]?.close();
  await until(() => sockets.length === 2, 'it follows again');
  assert.equal(asked.at(-1)?.query.get('start'), String(T + 6n));
  send([[T + 9n, 'later']], [{ labels: {}, timestamp: String(T) }]);
  await until(() => lines.length === 4, 'the later line, and the notice');
  assert.deepEqual(
    lines.map(({ line }) => line),
    ['kept', 'live', 'later', undefined],
  );
  assert.match(lines.at(-1)?.notice ?? '', /1 lines are left out/);
  sockets[1]?.close();
  await until(() => notes.length === 2, 'an end after lines came is told as the first one was');
  stop.abort();
  await done;
});

test('a Loki that refuses, or is not there, is told in a sentence', async (t) => {
  const server = createServer((_, response) => response.writeHead(400).end('parse error at line 1'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  await assert.rejects(read(host).done, /answered 400: parse error at line 1/);
  await assert.rejects(read('127.0.0.1:1').done, /is not reached/);
});

test('an answer that is no JSON, of another form, or without end, is told in a sentence', {
  timeout: 60_000,
}, async (t) => {
  const stream = { stream: {}, values: [['soon', 'x']] };
  const odd = JSON.stringify({ data: { resultType: 'streams', result: [stream] } });
  let sent: () => AsyncIterable<string> | Iterable<string>;
  const server = createServer((_, response) => void pipeline(Readable.from(sent()), response).catch(() => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (sent of [() => ['<html>'], () => ['null'], () => [odd]])
    await assert.rejects(
      read(host).done,
      (error) => error instanceof CommandError && /gave no lines/.test(error.message),
    );
  sent = function* () {
    for (;;) yield 'x'.repeat(1024 * 1024);
  };
  await assert.rejects(
    read(host).done,
    (error) => error instanceof CommandError && /more than 128 MiB/.test(error.message),
  );
});

test('a message of a tail that is none is left out, and the stream goes on', async (t) => {
  const { host, sockets, send } = await aLoki(t, []);
  const { lines, done, stop } = read(host, { follow: true });
  await until(() => sockets.length === 1, 'it follows');
  for (const text of ['<html>', 'null', '{"streams":[{"stream":{},"values":[["soon","x"]]}]}', '{"streams":[{}]}'])
    sockets[0]?.send(text);
  send([[BigInt(Date.now()) * 1_000_000n + 1n, 'live']]);
  await until(() => lines.length === 1, 'the live line');
  assert.equal(lines[0]?.line, 'live');
  stop.abort();
  await done;
});
