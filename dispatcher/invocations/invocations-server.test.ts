/** Longer than 250 lines: all that callers may do to one server, over a store on a disk. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ChangedInvocations, InvocationPage, ShownInvocation } from '#api/invocations-for-people.ts';
import { CALLER_TOKEN_HEADER } from '#api/names.ts';
import type { ResourceAttributes, Verdict } from '#platform/authorization/access-verdicts.ts';
import { createLog } from '#platform/process/log.ts';
import { until } from '#platform/testing/until.ts';
import { EmbeddedStore } from '../store/embedded-store.ts';
import { writeAnswer } from '../store/kept-answer.ts';
import { DEFAULT_LIMITS, type NewEntry, type Owner, type Store, StoreError } from '../store/store.ts';
import { InvocationsServer } from './invocations-server.ts';
import { ReadBudget } from './read-budget.ts';

const OF = '/v1/namespaces/shop/functions/orders/invocations';
const orders: Owner = { uid: 'u-orders', namespace: 'shop', name: 'orders' };
const mails: Owner = { uid: 'u-mails', namespace: 'shop', name: 'mails' };
const id = (n: number) => `0198c0de-0000-7000-8000-${String(n).padStart(12, '0')}`;
const anEntry = (n: number, more: Partial<NewEntry> = {}): NewEntry => ({
  id: id(n),
  owner: orders,
  head: Buffer.from(JSON.stringify({ method: 'POST', path: `/${n}`, headers: ['x-n', String(n)], requestId: 'r' })),
  body: Buffer.from(`body ${n}`),
  ...more,
});

/** `mine` may all, `reader` may read, of shop alone. */
const verdict = async (token: string, { namespace, verb, group, resource }: ResourceAttributes): Promise<Verdict> => {
  if (token === 'away') throw new Error('no answer');
  if (token !== 'mine' && token !== 'reader') return 'unknown-token';
  const isOf = namespace === 'shop' && group === 'catnap.dev' && resource === 'functions';
  return isOf && (verb === 'get' || (verb === 'update' && token === 'mine')) ? 'allowed' : 'forbidden';
};

async function aDispatcher(t: TestContext, more: { store?: (store: EmbeddedStore) => Store } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'catnap-invocations-'));
  const store = await EmbeddedStore.open({ path: join(folder, 's.db'), limits: DEFAULT_LIMITS });
  const redriven: string[] = [];
  const cancelled: string[] = [];
  const uids: Record<string, string> = { orders: orders.uid, mails: mails.uid };
  const server = await InvocationsServer.start({
    store: more.store?.(store) ?? store,
    reads: new ReadBudget(),
    redriven: (uid) => redriven.push(uid),
    cancelled: (one) => cancelled.push(one),
    nowMs: Date.now,
    access: { verdict },
    functionUid: (namespace, name) => (namespace === 'shop' ? uids[name] : undefined),
    log: createLog({ service: 't', level: 'silent' }),
    port: 0,
    host: '127.0.0.1',
  });
  t.after(async () => {
    await server[Symbol.asyncDispose]();
    await store.close();
    rmSync(folder, { recursive: true });
  });
  const bury = async (from: number, to: number) => {
    const { entries } = await store.lease(new Map([[orders.uid, 1_000]]), 60_000);
    const wanted = new Set(Array.from({ length: to - from + 1 }, (_, n) => id(from + n)));
    const head = { status: 422, headers: ['content-type', 'text/plain'], truncated: false };
    await store.settle(
      entries.map(({ id: one, epoch }) =>
        wanted.has(one)
          ? {
              id: one,
              epoch,
              outcome: 'buried',
              note: 'it answered 422',
              result: writeAnswer({ head, body: Buffer.from('no') }),
            }
          : { id: one, epoch, outcome: 'again', notBeforeMs: 0, counts: false },
      ),
    );
  };
  return { store, server, redriven, cancelled, uids, bury, ask: asking(server) };
}

interface Answered<T> {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: T & { error?: string; message?: string };
}

function asking(server: InvocationsServer) {
  return <T = object>(
    path: string,
    { method = 'GET', token = 'mine', headers = {} }: { method?: string; token?: string; headers?: object } = {},
  ): Promise<Answered<T>> => {
    const { promise, resolve, reject } = Promise.withResolvers<Answered<T>>();
    const shown = token === '' ? {} : { [CALLER_TOKEN_HEADER]: `Bearer ${token}` };
    const at = { host: '127.0.0.1', port: server.port, agent: false };
    const sent = request({ ...at, path, method, headers: { ...shown, ...headers } }, async (answer) => {
      const text = (await answer.toArray()).join('');
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: JSON.parse(text) as never });
    });
    sent.on('error', reject).end();
    return promise;
  };
}

const ids = ({ body }: Answered<InvocationPage>) => body.items.map((one) => one.id);

test('invocations of a function are listed, the newest first, page by page, by state', async (t) => {
  const { store, ask, bury } = await aDispatcher(t);
  await store.enqueue([1, 2, 3, 4, 5].map((n) => anEntry(n)));
  await store.enqueue([anEntry(9, { owner: mails })]);
  await bury(2, 3);
  const first = await ask<InvocationPage>(`${OF}?limit=2`);
  assert.deepEqual(first.body.counts, { waiting: 3, running: 0, done: 0, buried: 2, cancelled: 0 });
  assert.deepEqual(ids(first), [id(5), id(4)]);
  const second = await ask<InvocationPage>(`${OF}?limit=200&cursor=${first.body.cursor}`);
  assert.deepEqual(ids(second), [id(3), id(2), id(1)]);
  assert.equal(second.body.cursor, undefined);
  const buried = await ask<InvocationPage>(`${OF}?state=buried`);
  assert.deepEqual(ids(buried), [id(3), id(2)]);
  assert.deepEqual(
    buried.body.items.map(({ status, attempts, note }) => [status, attempts, note]),
    [
      ['buried', 1, 'it answered 422'],
      ['buried', 1, 'it answered 422'],
    ],
  );
  assert.ok(!JSON.stringify(first.body).includes('body 5'), 'a list holds no payloads');
});

test('one is shown with its request and the last answer', async (t) => {
  const { store, ask, bury } = await aDispatcher(t);
  await store.enqueue([anEntry(1)]);
  await bury(1, 1);
  const { status, headers, body } = await ask<ShownInvocation>(`${OF}/${id(1)}`);
  assert.deepEqual([status, headers['cache-control']], [200, 'no-store']);
  assert.equal(body.status, 'buried');
  assert.deepEqual(body.request, {
    method: 'POST',
    path: '/1',
    headers: { 'x-n': ['1'] },
    body: 'body 1',
    bodyBytes: 6,
    truncated: false,
  });
  assert.deepEqual([body.response?.status, body.response?.body], [422, 'no']);
});

test('a buried one is sent again, alone and with all others; what is not buried is not', async (t) => {
  const { store, ask, bury, redriven } = await aDispatcher(t);
  await store.enqueue([1, 2, 3, 4].map((n) => anEntry(n)));
  await bury(1, 3);
  assert.equal((await ask(`${OF}/${id(4)}/retry`, { method: 'POST' })).status, 409);
  assert.deepEqual(redriven, []);
  assert.deepEqual((await ask(`${OF}/${id(1)}/retry`, { method: 'POST' })).body, { changed: 1 });
  assert.deepEqual(redriven, [orders.uid]);
  assert.deepEqual((await ask(`${OF}/retry?state=buried`, { method: 'POST' })).body, { changed: 2 });
  const [counts] = await store.counts(orders.uid);
  assert.deepEqual([counts?.waiting, counts?.buried], [4, 0]);
});

test('hundreds are sent again and purged some at a time, each once', async (t) => {
  const { store, ask, bury } = await aDispatcher(t);
  await store.enqueue(Array.from({ length: 450 }, (_, n) => anEntry(n)));
  await bury(0, 449);
  const all = async (what: string) => {
    const sizes: number[] = [];
    let cursor = '';
    do {
      const { body } = await ask<ChangedInvocations>(`${OF}/${what}${cursor}`, { method: 'POST' });
      sizes.push(body.changed);
      cursor = body.cursor === undefined ? '' : `&cursor=${body.cursor}`;
    } while (cursor !== '');
    return sizes.reduce((sum, size) => sum + size, 0);
  };
  assert.equal(await all('retry?state=buried'), 450);
  await bury(0, 99);
  assert.equal(await all('purge?state=buried'), 100);
  assert.equal((await store.counts(orders.uid))[0]?.waiting, 350);
  assert.equal(await all('purge?state=all'), 350);
  const [counts] = await store.counts(orders.uid);
  assert.equal((counts?.waiting ?? 0) + (counts?.cancelled ?? 0), 0);
  assert.equal(await store.unaccounted(), 0);
});

test('an open one is cancelled, an ended one forgotten', async (t) => {
  const { store, ask, cancelled } = await aDispatcher(t);
  await store.enqueue([anEntry(1)]);
  const remove = () => ask(`${OF}/${id(1)}`, { method: 'DELETE' });
  assert.deepEqual((await remove()).body, { id: id(1), removed: 'cancelled' });
  assert.deepEqual(cancelled, [id(1)]);
  assert.equal((await ask<ShownInvocation>(`${OF}/${id(1)}`)).body.status, 'cancelled');
  assert.deepEqual((await remove()).body, { id: id(1), removed: 'forgotten' });
  assert.equal((await remove()).status, 404);
});

test('a purge tells of those that it cancelled, and not of one that was done meanwhile', async (t) => {
  const { store, ask, cancelled } = await aDispatcher(t, {
    store: (real) =>
      new Proxy(real, {
        get: (_, name) => {
          const value = Reflect.get(real, name);
          if (name !== 'cancel') return typeof value === 'function' ? value.bind(real) : value;
          return async (ids: readonly string[]) => {
            const { entries } = await real.lease(new Map([[orders.uid, 1]]), 60_000);
            await real.settle(entries.map(({ id: one, epoch }) => ({ id: one, epoch, outcome: 'done', keepMs: 0 })));
            return await real.cancel(ids);
          };
        },
      }),
  });
  await store.enqueue([anEntry(1), anEntry(2)]);
  await ask(`${OF}/purge?state=all`, { method: 'POST' });
  assert.deepEqual(cancelled, [id(2)]);
});

test('an invocation of another function is not there, and is not changed', async (t) => {
  const { store, ask } = await aDispatcher(t);
  await store.enqueue([anEntry(9, { owner: mails })]);
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/retry'],
  ] as const)
    assert.equal((await ask(`${OF}/${id(9)}${path}`, { method })).status, 404, method);
  await ask(`${OF}/purge?state=all`, { method: 'POST' });
  const [counts] = await store.counts(mails.uid);
  assert.equal(counts?.waiting, 1);
});

test('a cursor of another function leads to nothing of it', async (t) => {
  const { store, ask } = await aDispatcher(t);
  await store.enqueue([anEntry(1), anEntry(8, { owner: mails }), anEntry(9, { owner: mails })]);
  const { body } = await ask<InvocationPage>(`${OF.replace('orders', 'mails')}?limit=1`);
  const there = await ask<InvocationPage>(`${OF}?cursor=${body.cursor}`);
  assert.ok(ids(there).every((one) => one === id(1)));
});

test('a function of the same name that was made anew has nothing of the former one', async (t) => {
  const { store, ask, uids } = await aDispatcher(t);
  await store.enqueue([anEntry(1)]);
  uids.orders = 'u-new';
  assert.deepEqual(ids(await ask(OF)), []);
  assert.equal((await ask(`${OF}/${id(1)}`)).status, 404);
  delete uids.orders;
  assert.deepEqual((await ask(OF)).body.error, 'FunctionNotFound');
});

test('who has no token, another’s, or the right to read alone, changes nothing', async (t) => {
  const { store, ask } = await aDispatcher(t);
  await store.enqueue([anEntry(1)]);
  const status = async (token: string, method = 'GET', path = `/${id(1)}`, headers = {}) => {
    const answer = await ask(OF + path, { method, token, headers });
    if (answer.status !== 200) assert.ok(!JSON.stringify(answer.body).includes('body 1'));
    return answer.status;
  };
  assert.equal(await status(''), 401);
  assert.equal(await status('stranger'), 401);
  assert.equal(await status('away'), 503);
  assert.equal(await status('reader'), 200);
  assert.equal(await status('', 'GET', '', { authorization: 'Bearer reader' }), 200);
  assert.equal(await status('', 'GET', '', { authorization: 'Basic reader' }), 401);
  for (const [method, path] of [
    ['DELETE', `/${id(1)}`],
    ['POST', `/${id(1)}/retry`],
    ['POST', '/retry?state=buried'],
    ['POST', '/purge?state=all'],
  ] as const)
    assert.equal(await status('reader', method, path), 403, `${method} ${path}`);
  assert.equal((await ask('/v1/namespaces/blog/functions/orders/invocations')).status, 403);
  assert.equal((await store.entry(id(1)))?.state, 'waiting');
});

test('a stranger is told nothing of which functions there are', async (t) => {
  const { ask } = await aDispatcher(t);
  const status = async (name: string) => (await ask(OF.replace('orders', name), { token: 'stranger' })).status;
  assert.deepEqual([await status('orders'), await status('none')], [401, 401]);
});

test('a store that is full or closed is said to be, and what it cannot read to be a mistake', async (t) => {
  const failing = (store: EmbeddedStore): Store =>
    Object.assign(Object.create(store) as Store, {
      list: (filter: { state?: string }, page: object) =>
        filter.state === 'buried'
          ? Promise.reject(new StoreError('Busy', 'too much waits'))
          : filter.state === 'done'
            ? Promise.reject(new TypeError('of our own'))
            : store.list(filter as never, page as never),
      counts: () => store.counts(orders.uid),
    });
  const { ask } = await aDispatcher(t, { store: failing });
  const busy = await ask(`${OF}?state=buried`);
  assert.deepEqual([busy.status, busy.headers['retry-after']], [503, '2']);
  const failed = await ask(`${OF}?state=done`);
  assert.deepEqual([failed.status, /of our own/.test(failed.body.message ?? '')], [500, false]);
  assert.equal((await ask(`${OF}?cursor=bm8`)).status, 400);
  assert.equal((await ask(OF)).status, 200);
});

test('connections that show no token give way to those that do', async (t) => {
  const { server, ask } = await aDispatcher(t);
  const idle = Array.from({ length: 300 }, () => connect(server.port, '127.0.0.1').on('error', () => undefined));
  t.after(() => {
    for (const socket of idle) socket.destroy();
  });
  await until(() => idle.filter(({ closed }) => closed).length >= 44, 'the oldest are closed');
  assert.equal((await ask(OF)).status, 200);
});

test('what comes with a request is not waited for', async (t) => {
  const { server } = await aDispatcher(t);
  const socket = connect(server.port, '127.0.0.1');
  const ended = socket.toArray();
  socket.write(
    `POST ${OF}/retry?state=buried HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 1000000000\r\n\r\n`,
  );
  assert.match(String(Buffer.concat(await ended)), /^HTTP\/1\.1 401 /);
});
