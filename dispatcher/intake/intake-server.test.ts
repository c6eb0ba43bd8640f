/** What gateways, and others, send to the intake over HTTP. Longer than 250 lines: one scene for all of it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  type DispatcherRefusal,
  ENTRIES_PATH,
  type EntryHead,
  type EntryOutcome,
  INVOCATIONS_PATH,
  type InvocationStatus,
} from '#api/invocations.ts';
import { frameParts, readFrames } from '#api/rules/frame.ts';
import type { Checked } from '#platform/access/account-tokens.ts';
import { silentLog } from '#platform/testing/scripted-api-server.ts';
import { until } from '#platform/testing/until.ts';
import { systemClock } from '#platform/time/clock.ts';
import { KeyedWaits } from '#platform/time/keyed-waits.ts';
import { EmbeddedStore } from '../store/embedded-store.ts';
import { writeAnswer } from '../store/kept-answer.ts';
import { DEFAULT_LIMITS, type Limits, type Store, StoreError } from '../store/store.ts';
import { EntryIntake } from './entry-intake.ts';
import { FunctionLag } from './function-lag.ts';
import { IntakeServer } from './intake-server.ts';
import { StatusIntake } from './status-intake.ts';

const folder = mkdtempSync(join(tmpdir(), 'catnap-intake-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;

const MIB = 1_048_576;
const idOf = (n: number) => `0190b9c4-7e3a-7abc-8def-${String(n).padStart(12, '0')}`;

function anEntry(n: number, change: object = {}, body = 'hello'): Uint8Array[] {
  const head: EntryHead = { id: idOf(n), uid: 'a', namespace: 'team', name: 'mail', ...change };
  return frameParts(head, Buffer.from('{"method":"POST"}'), Buffer.from(body));
}

interface SceneOptions {
  limits?: Partial<Limits>;
  /** Of the Authorization field. */
  check?: (authorization: string | undefined) => Checked;
  /** In the place of the store's own. */
  enqueue?: Store['enqueue'];
}

/** An intake in front of a store, with the Functions `a` and `b`. */
async function scene({ limits = {}, check = () => 'good', enqueue }: SceneOptions = {}) {
  const stack = new AsyncDisposableStack();
  const path = join(folder, `${++made}.db`);
  const store = stack.use(await EmbeddedStore.open({ path, limits: { ...DEFAULT_LIMITS, ...limits } }));
  const uids = new Set(['a', 'b']);
  const state = { hasSynced: true };
  const functions = {
    get hasSynced() {
      return state.hasSynced;
    },
    knows: (uid: string) => uids.has(uid),
    isGone: (uid: string) => uid === 'gone',
  };
  const known = new KeyedWaits(systemClock);
  const ended = new KeyedWaits(systemClock);
  const woken: string[] = [];
  const answered: number[] = [];
  const server = stack.use(
    await IntakeServer.start({
      entries: new EntryIntake({
        store: enqueue === undefined ? store : { enqueue },
        functions,
        lag: new FunctionLag({ functions, waits: known, clock: systemClock }),
        nowMs: Date.now,
        accepted: (uid) => woken.push(uid),
        committed: () => undefined,
      }),
      status: new StatusIntake({ store, ended, nowMs: Date.now }),
      tokens: { check: async (authorization) => check(authorization) },
      log: silentLog,
      port: 0,
      host: '127.0.0.1',
      connections: 50,
      answered: (status) => answered.push(status),
    }),
  );
  const url = `http://127.0.0.1:${server.port}`;
  const post = (parts: readonly Uint8Array[]) =>
    fetch(url + ENTRIES_PATH, { method: 'POST', body: Buffer.concat(parts) });
  const send = async (...parts: Uint8Array[][]) => (await (await post(parts.flat())).json()) as EntryOutcome[];
  const status = (n: number, query: string) => fetch(`${url}${INVOCATIONS_PATH}${idOf(n)}?${query}`);
  return { stack, store, server, uids, state, known, ended, woken, answered, url, post, send, status };
}

/** Leases what is due of the function `a`, and settles it as done, with an answer. */
async function finish(store: Store): Promise<void> {
  const { entries } = await store.lease(new Map([['a', 10]]), 30_000);
  const head = { status: 201, headers: ['content-type', 'text/plain'], truncated: false };
  const result = writeAnswer({ head, body: Buffer.from('made') });
  await store.settle(entries.map(({ id, epoch }) => ({ id, epoch, outcome: 'done', result })));
}

async function statusIn(response: Response): Promise<{ status: InvocationStatus; body: string }> {
  const [frame] = readFrames<InvocationStatus>(new Uint8Array(await response.arrayBuffer()), 1);
  return { status: frame?.json as InvocationStatus, body: Buffer.from(frame?.first ?? []).toString() };
}

test('what a gateway sends is stored once, and its functions are told of', async () => {
  const { stack, store, send, woken } = await scene();
  await using _ = stack;
  const outcomes = await send(anEntry(1), anEntry(2, { uid: 'b' }), anEntry(3));
  assert.deepEqual(outcomes, [{ outcome: 'accepted' }, { outcome: 'accepted' }, { outcome: 'accepted' }]);
  assert.deepEqual(woken, ['a', 'b']);
  assert.equal(Buffer.from((await store.payload(idOf(1)))?.body ?? []).toString(), 'hello');
  const again = await send(anEntry(1), anEntry(4));
  assert.deepEqual(again, [{ outcome: 'exists', id: idOf(1), state: 'waiting' }, { outcome: 'accepted' }]);
  assert.equal((await store.totals()).accepted, 4);
});

test('one entry that is none, of an unknown function, or beyond a bound does not harm those beside it', async () => {
  const { stack, send } = await scene({ limits: { perFunction: { entries: 2, bytes: MIB } } });
  await using _ = stack;
  const dedup = (fingerprint: string) => ({ dedup: { key: 'k', fingerprint } });
  const outcomes = await send(
    anEntry(1, dedup('x')),
    anEntry(2, { id: 'none' }),
    anEntry(3, { uid: 'gone' }),
    anEntry(4, dedup('y')),
    anEntry(5, dedup('x')),
    anEntry(6),
    anEntry(7),
    anEntry(8, { uid: 'b' }),
  );
  assert.deepEqual(outcomes, [
    { outcome: 'accepted' },
    { outcome: 'invalid', message: 'its id is none' },
    { outcome: 'unknown' },
    { outcome: 'conflict', id: idOf(1) },
    { outcome: 'exists', id: idOf(1), state: 'waiting' },
    { outcome: 'accepted' },
    { outcome: 'full', bound: 'function entries' },
    { outcome: 'accepted' },
  ]);
});

test('a Function that the gateway knows first is waited for', async () => {
  const { stack, send, uids, known } = await scene();
  await using _ = stack;
  const sending = send(anEntry(1, { uid: 'new' }));
  await until(() => known.size === 1, 'it waits');
  uids.add('new');
  known.tell('new');
  assert.deepEqual(await sending, [{ outcome: 'accepted' }]);
});

test('who has no token of a gateway is told nothing, and heard of nothing', async () => {
  const { stack, store, url, status, answered } = await scene({
    check: (authorization) => (authorization === 'Bearer good' ? 'good' : 'bad'),
  });
  await using _ = stack;
  const body = Buffer.concat(anEntry(1));
  for (const headers of [{}, { authorization: 'Bearer bad' }, { authorization: 'Basic good' }]) {
    const response = await fetch(url + ENTRIES_PATH, { method: 'POST', body, headers });
    assert.deepEqual([response.status, ((await response.json()) as DispatcherRefusal).code], [401, 'Unauthorized']);
  }
  assert.deepEqual([(await status(1, 'uid=a')).status, (await fetch(url)).status], [401, 401]);
  const good = await fetch(url + ENTRIES_PATH, { method: 'POST', body, headers: { authorization: 'Bearer good' } });
  assert.equal(good.status, 200);
  assert.deepEqual([(await store.totals()).accepted, answered], [1, [401, 401, 401, 401, 401, 200]]);
});

test('while it cannot be told who asks, or which functions there are, all is refused for now', async () => {
  const unavailable = await scene({ check: () => 'unavailable' });
  await using _ = unavailable.stack;
  assert.equal((await unavailable.post(anEntry(1))).status, 503);
  const { stack, state, post } = await scene();
  await using __ = stack;
  state.hasSynced = false;
  const response = await post(anEntry(1));
  assert.deepEqual([response.status, ((await response.json()) as DispatcherRefusal).code], [503, 'Starting']);
});

for (const code of ['DiskFull', 'Busy', 'Closed', 'Failed'] as const) {
  test(`a store that says ${code} makes a 503 that names it`, async () => {
    const { stack, post } = await scene({ enqueue: () => Promise.reject(new StoreError(code, 'it does not')) });
    await using _ = stack;
    const response = await post(anEntry(1));
    assert.deepEqual([response.status, await response.json()], [503, { code, message: 'it does not' }]);
  });
}

test('what goes wrong within is a 500 without details', async () => {
  const { stack, post } = await scene({ enqueue: () => Promise.reject(new Error('secret')) });
  await using _ = stack;
  const response = await post(anEntry(1));
  assert.equal(response.status, 500);
  assert.doesNotMatch(await response.text(), /secret/);
});

test('what are no frames, too many or too large is refused', async () => {
  const { stack, post, store } = await scene();
  await using _ = stack;
  assert.equal((await post([Buffer.from('no frames')])).status, 400);
  assert.equal((await post([...anEntry(1), Buffer.alloc(3)])).status, 400);
  assert.equal((await post(Array.from({ length: 1_001 }, (_, n) => anEntry(n)).flat())).status, 400);
  assert.equal((await post([Buffer.alloc(16 * MIB + 1)])).status, 413);
  assert.equal((await store.totals()).accepted, 0);
});

test('of an endless body no more is read than one batch may have', async () => {
  const { stack, url } = await scene();
  await using _ = stack;
  let sent = 0;
  const asked = request(url + ENTRIES_PATH, { method: 'POST' });
  const over = new Promise((resolve) => {
    asked.on('response', (response) => resolve(response.resume().statusCode));
    // The answer may be lost, for the connection is closed while more comes.
    asked.on('error', resolve).on('close', resolve);
  });
  const more = () => {
    while (!asked.destroyed && sent < 64 * MIB) {
      sent += MIB;
      if (!asked.write(Buffer.alloc(MIB))) break;
    }
  };
  asked.on('drain', more);
  more();
  await over;
  asked.destroy();
  assert.ok(sent > 16 * MIB && sent < 64 * MIB, `${sent}`);
});

test('an invocation is told of to its own function alone', async () => {
  const { stack, send, status, url } = await scene();
  await using _ = stack;
  await send(anEntry(1, { notBeforeMs: Date.now() + 60_000 }));
  const open = await statusIn(await status(1, 'uid=a'));
  assert.deepEqual([open.status.id, open.status.status, open.status.attempts], [idOf(1), 'waiting', 0]);
  assert.match(open.status.nextAttemptAt ?? '', /^\d{4}-\d\d-\d\dT/);
  for (const response of [await status(1, 'uid=b'), await status(1, ''), await status(2, 'uid=a')])
    assert.deepEqual(
      [response.status, ((await response.json()) as DispatcherRefusal).code],
      [404, 'InvocationNotFound'],
    );
  assert.equal((await fetch(`${url}${INVOCATIONS_PATH}?uid=a`)).status, 404);
  assert.equal((await status(1, 'uid=a&wait=long')).status, 400);
});

test('the end of an invocation is waited for, and told with the answer of the function', async () => {
  const { stack, store, send, status, ended } = await scene();
  await using _ = stack;
  await send(anEntry(1));
  const asked = status(1, 'uid=a&wait=60');
  await until(() => ended.size === 1, 'it waits');
  await finish(store);
  ended.tell(idOf(1));
  const { status: told, body } = await statusIn(await asked);
  assert.deepEqual([told.status, told.attempts, body], ['done', 1, 'made']);
  assert.deepEqual(told.response, { status: 201, headers: ['content-type', 'text/plain'], truncated: false });
  assert.equal(ended.size, 0);
  const startedAtMs = performance.now();
  assert.equal((await statusIn(await status(1, 'uid=a&wait=60'))).status.status, 'done');
  assert.ok(performance.now() - startedAtMs < 10_000, 'one that has ended is not waited for');
});

test('a wait ends with its time, and with the one that waits', async () => {
  const { stack, send, status, ended, url } = await scene();
  await using _ = stack;
  await send(anEntry(1));
  assert.equal((await statusIn(await status(1, 'uid=a&wait=1'))).status.status, 'waiting');
  const leaving = new AbortController();
  const left = fetch(`${url}${INVOCATIONS_PATH}${idOf(1)}?uid=a&wait=60`, { signal: leaving.signal });
  await until(() => ended.size === 1, 'it waits');
  leaving.abort();
  await assert.rejects(left);
  await until(() => ended.size === 0, 'nothing waits');
});

test('a stop tells those that wait how it stands, answers what is being stored and takes nothing more', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { stack, server, send, status, ended } = await scene({
    enqueue: async (batch) => {
      await promise;
      return batch.map(() => ({ outcome: 'accepted' }));
    },
  });
  await using _ = stack;
  const sending = send(anEntry(1));
  const stored = stack.use(await scene().then(({ stack: own, ...rest }) => Object.assign(own, rest)));
  await stored.send(anEntry(1));
  const asked = stored.status(1, 'uid=a&wait=60');
  await until(() => stored.ended.size === 1, 'it waits');
  const stopped = [server[Symbol.asyncDispose](), stored.server[Symbol.asyncDispose]()];
  assert.equal((await statusIn(await asked)).status.status, 'waiting');
  resolve();
  assert.deepEqual(await sending, [{ outcome: 'accepted' }]);
  await Promise.all(stopped);
  await assert.rejects(status(1, 'uid=a'));
  assert.equal(ended.size, 0);
});

test('those that only open connections keep no gateway out', async () => {
  const { stack, server, send } = await scene();
  await using _ = stack;
  const sockets: Socket[] = [];
  stack.defer(() => {
    for (const socket of sockets) socket.destroy();
  });
  let closed = 0;
  for (let n = 0; n < 60; n += 1) {
    const socket = connect(server.port, '127.0.0.1');
    socket
      .on('error', () => undefined)
      .on('close', () => closed++)
      .resume();
    sockets.push(socket);
  }
  await until(() => closed >= 10, 'the first ones are closed');
  assert.deepEqual(await send(anEntry(1)), [{ outcome: 'accepted' }]);
});
