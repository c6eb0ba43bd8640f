/** Longer than 250 lines: all that callers may do to one server. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { KeptLine } from '#api/kept-log.ts';
import { CALLER_TOKEN_HEADER } from '#api/names.ts';
import type { ResourceAttributes, Verdict } from '#platform/authorization/access-verdicts.ts';
import { logTime } from '#platform/pod-logs/log-line.ts';
import { createLog } from '#platform/process/log.ts';
import { until } from '#platform/testing/until.ts';
import { LogStore } from '../store/log-store.ts';
import { LogServer } from './log-server.ts';

const T = Date.UTC(2026, 0, 1);
const PATH = '/v1/namespaces/shop/functions/orders/logs';
const orders = { namespace: 'shop', name: 'orders' };
const mine = { [CALLER_TOKEN_HEADER]: 'Bearer mine' };

async function aKeeper(t: TestContext, more: { perFunctionBytes?: number; namespaces?: readonly string[] } = {}) {
  const { namespaces = ['shop'] } = more;
  const folder = mkdtempSync(join(tmpdir(), 'catnap-logs-'));
  const options = { folder, perFunctionBytes: 2 ** 20, totalBytes: 2 ** 28, keepMs: 86_400_000, ...more };
  const store = new LogStore(options);
  const verdicts: Record<string, Verdict> = { mine: 'allowed', others: 'forbidden' };
  const access = {
    verdict: async (token: string, { namespace }: ResourceAttributes): Promise<Verdict> => {
      if (token === 'away') throw new Error('no answer');
      return namespaces.includes(namespace) ? (verdicts[token] ?? 'unknown-token') : 'forbidden';
    },
  };
  const server = await LogServer.start({
    store,
    access,
    log: createLog({ service: 't', level: 'silent' }),
    port: 0,
    host: '127.0.0.1',
  });
  t.after(async () => {
    await server[Symbol.asyncDispose]();
    store[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  const add = (text: string, ms = T, pod = 'orders-1', of = orders) =>
    store.add(of, {
      source: { pod, podUid: pod, revision: 'orders-7f3c9a12', container: 'function', run: 0 },
      kind: 'line',
      time: logTime(ms),
      text,
    });
  return { store, server, add };
}

function open(server: LogServer, path: string, headers: Record<string, string> = mine): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port: server.port, path, headers, agent: false }, resolve).on('error', reject);
  });
}

async function answer(server: LogServer, path: string, headers?: Record<string, string>) {
  const response = await open(server, path, headers);
  const text = (await response.toArray()).join('');
  return { status: response.statusCode, text, lines: response.statusCode === 200 ? linesOf(text) : [] };
}

function linesOf(text: string): KeptLine[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as KeptLine);
}

/** What comes of an answer that does not end. */
function following(response: IncomingMessage): { lines: () => KeptLine[] } {
  let text = '';
  response.setEncoding('utf8');
  response.on('data', (chunk) => {
    text += chunk;
  });
  response.on('error', () => undefined);
  return { lines: () => linesOf(text.slice(0, text.lastIndexOf('\n') + 1)) };
}

test('lines come in order of time, whichever pod they are of, with what is asked for alone', async (t) => {
  const { server, add } = await aKeeper(t);
  add('{"msg":"b","requestId":"id-1"}', T + 2_000);
  add('a', T, 'orders-2');
  add('c', T + 4_000);
  const all = await answer(server, PATH);
  assert.deepEqual(
    all.lines.map(({ line }) => line),
    ['a', '{"msg":"b","requestId":"id-1"}', 'c'],
  );
  assert.deepEqual(
    { ...all.lines[0], id: '' },
    { time: logTime(T), pod: 'orders-2', revision: 'orders-7f3c9a12', container: 'function', line: 'a', id: '' },
  );
  const texts = async (search: string) => (await answer(server, `${PATH}?${search}`)).lines.map(({ line }) => line);
  assert.deepEqual(await texts('limit=1'), ['c']);
  assert.deepEqual(await texts('limit=0'), []);
  assert.deepEqual(await texts('since=2026-01-01T00:00:04Z'), ['c']);
  assert.deepEqual(await texts('until=2026-01-01T00:00:01Z'), ['a']);
  assert.deepEqual(await texts('request=id-1'), ['{"msg":"b","requestId":"id-1"}']);
});

test('who has no token, another’s or one for another namespace reads nothing', async (t) => {
  const { server, add } = await aKeeper(t);
  add('secret');
  const status = async (path: string, headers: Record<string, string>) => {
    const given = await answer(server, path, headers);
    assert.ok(!given.text.includes('secret'));
    return given.status;
  };
  const bearer = (token: string) => ({ [CALLER_TOKEN_HEADER]: `Bearer ${token}` });
  assert.equal(await status(PATH, {}), 401);
  assert.equal(await status(PATH, { authorization: 'Bearer mine' }), 401);
  assert.equal(await status(PATH, { [CALLER_TOKEN_HEADER]: 'mine' }), 401);
  assert.equal(await status(PATH, bearer('a b')), 401);
  assert.equal(await status(PATH, bearer('x'.repeat(9_000))), 401);
  assert.equal(await status(PATH, bearer('unknown')), 401);
  assert.equal(await status(PATH, bearer('others')), 403);
  assert.equal(await status(PATH, bearer('away')), 503);
  assert.equal(await status('/v1/namespaces/blog/functions/orders/logs', mine), 403);
});

test('a path that leads elsewhere leads nowhere', async (t) => {
  const { server, add } = await aKeeper(t);
  add('x');
  for (const path of [
    '/',
    '/v1/namespaces/shop/functions/../../etc/logs',
    '/v1/namespaces/shop/functions/..%2forders/logs',
    `${PATH}/`,
    '/metrics',
  ])
    assert.equal((await answer(server, path)).status, 404, path);
  assert.equal((await answer(server, `${PATH}?since=now`)).status, 400);
  assert.deepEqual((await answer(server, '/v1/namespaces/shop/functions/none/logs')).lines, []);
});

test('two that follow get each line once, the first of which was there before', async (t) => {
  const { server, add } = await aKeeper(t);
  add('0');
  const responses = await Promise.all([open(server, `${PATH}?follow=true`), open(server, `${PATH}?follow=true`)]);
  const followers = responses.map(following);
  for (let n = 1; n < 50; n += 1) add(String(n), T + n);
  await until(() => followers.every(({ lines }) => lines().length >= 50), 'both have all');
  const wanted = Array.from({ length: 50 }, (_, n) => String(n));
  for (const { lines } of followers)
    assert.deepEqual(
      lines().map(({ line }) => line),
      wanted,
    );
  for (const response of responses) response.destroy();
  await until(() => server.places.open === 0, 'both are gone');
});

test('who was cut off goes on after the last line that came', async (t) => {
  const { server, add } = await aKeeper(t);
  for (let n = 0; n < 10; n += 1) add(String(n), T + n);
  const first = (await answer(server, PATH)).lines.at(3);
  const rest = await answer(server, `${PATH}?after=${first?.id}`);
  assert.deepEqual(
    rest.lines.map(({ line }) => line),
    ['4', '5', '6', '7', '8', '9'],
  );
  for (const id of ['x', '0123456789abcdef-1-5', 'ffffffffffffffff-999-999'])
    assert.equal((await answer(server, `${PATH}?after=${id}`)).lines.length, 10, id);
  const beyond = `${first?.id.split('-')[0]}-99-0`;
  assert.equal((await answer(server, `${PATH}?after=${beyond}`)).lines.length, 10);
});

test('a reader that takes nothing holds up no one, and misses only what was dropped meanwhile', async (t) => {
  const { server, store, add } = await aKeeper(t, { perFunctionBytes: 200_000 });
  const slow = await open(server, `${PATH}?follow=true`);
  slow.pause();
  for (let n = 0; n < 60_000; n += 1) {
    add(`${n} ${'x'.repeat(200)}`, T + n);
    if (n % 100 === 0) store.flush();
  }
  store.flush();
  const quick = await answer(server, `${PATH}?limit=1`);
  assert.match(quick.lines[0]?.line ?? '', /^59999 /);
  const { lines } = following(slow);
  slow.resume();
  await until(() => lines().at(-1)?.line?.startsWith('59999 ') ?? false, 'the slow one is at the end', 30_000);
  assert.ok(lines().some(({ notice }) => notice?.includes('dropped to make room')));
  slow.destroy();
});

test('a namespace with many that follow leaves others theirs', async (t) => {
  const { server } = await aKeeper(t);
  const responses = await Promise.all(Array.from({ length: 33 }, () => open(server, `${PATH}?follow=true`)));
  const refused = responses.filter(({ statusCode }) => statusCode === 429);
  assert.equal(refused.length, 1);
  for (const response of responses) response.destroy();
  await until(() => server.places.open === 0, 'all are gone');
});

test('a head of megabytes is cut off', async (t) => {
  const { server } = await aKeeper(t);
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => undefined);
  let said = '';
  socket.on('data', (chunk) => {
    said += chunk;
  });
  socket.write(`GET ${PATH} HTTP/1.1\r\nhost: x\r\n${CALLER_TOKEN_HEADER}: Bearer ${'x'.repeat(1_000_000)}`);
  await new Promise((resolve) => socket.once('close', resolve));
  assert.match(said, /^HTTP\/1\.1 431/);
});

test('who follows a namespace that goes gets nothing of the one that takes its name', async (t) => {
  const { server, store, add } = await aKeeper(t);
  add('old');
  const response = await open(server, `${PATH}?follow=true`);
  const { lines } = following(response);
  await until(() => lines().length === 1, 'the first line is there');
  const ended = new Promise((resolve) => response.once('end', resolve));
  store.forget('shop');
  add('of another tenant', T + 1);
  await ended;
  assert.deepEqual(
    lines().map(({ line }) => line),
    ['old'],
  );
});

test('who is still sent what was kept of a namespace that goes follows none that takes its name', async (t) => {
  const { server, store, add } = await aKeeper(t, { perFunctionBytes: 2 ** 25 });
  for (let n = 0; n < 1_000; n += 1) {
    add('x'.repeat(16_000), T + n);
    if (n % 50 === 0) store.flush();
  }
  const response = await open(server, `${PATH}?follow=true`);
  const { lines } = following(response);
  response.once('data', () => response.pause());
  await until(() => response.isPaused(), 'the first lines are there');
  store.forget('shop');
  add('of another tenant', T + 2_000);
  store.flush();
  assert.ok(lines().length < 1_000, 'it is still being sent');
  response.resume();
  await until(() => response.readableEnded, 'the answer ends', 20_000);
  assert.equal(lines().length, 1_000);
});

test('a namespace whose readers take their time, and one with all places, keep no other from reading', async (t) => {
  const namespaces = ['shop', ...Array.from({ length: 7 }, (_, n) => `loud-${n}`)];
  const { server, store, add } = await aKeeper(t, { namespaces });
  add('mine');
  const pathOf = (namespace: string) => `/v1/namespaces/${namespace}/functions/orders/logs`;
  for (const namespace of namespaces.slice(1)) {
    for (let n = 0; n < 100; n += 1) add('x'.repeat(8_000), T + n, 'loud-1', { namespace, name: 'orders' });
    store.flush();
  }
  const sockets = namespaces.slice(1).flatMap((namespace) =>
    Array.from({ length: 32 }, () => {
      const socket = connect({
        port: server.port,
        host: '127.0.0.1',
        onread: { buffer: Buffer.alloc(64), callback: () => false },
      });
      socket.on('error', () => undefined);
      socket.write(
        `GET ${pathOf(namespace)}?follow=true HTTP/1.1\r\nhost: x\r\n${CALLER_TOKEN_HEADER}: Bearer mine\r\n\r\n`,
      );
      return socket;
    }),
  );
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  await until(() => server.places.open >= 192, 'all places are taken');
  const sinceMs = performance.now();
  assert.deepEqual(
    (await answer(server, PATH)).lines.map(({ line }) => line),
    ['mine'],
  );
  assert.ok(performance.now() - sinceMs < 5_000);
});

test('connections on which nothing is said keep no reader out', async (t) => {
  const { server, add } = await aKeeper(t);
  add('mine');
  const follower = await open(server, `${PATH}?follow=true`);
  const { lines } = following(follower);
  const sockets = Array.from({ length: 400 }, () => connect(server.port, '127.0.0.1').on('error', () => undefined));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  await until(() => sockets.filter(({ destroyed }) => destroyed).length >= 400 - 256, 'as many as may be are open');
  assert.equal((await answer(server, PATH)).lines.length, 1);
  add('more', T + 1);
  await until(() => lines().length === 2, 'who followed before still does');
  follower.destroy();
});
