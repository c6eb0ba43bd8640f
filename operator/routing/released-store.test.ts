import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeClient } from '#platform/kube/client.ts';
import { type Call, ScriptedApiServer, silentLog } from '#platform/testing/scripted-api-server.ts';
import type { ReleasedHost } from '../function/released-hosts.ts';
import { at } from '../testing/builders.ts';
import { ReleasedStore } from './released-store.ts';

const LINE = 'shop.example.com shop 2026-01-01T01:00:00.000Z\n';
/** Of one test: files are loaded long before their tests run. */
const soon = () => AbortSignal.timeout(20_000);
const hostsIn = (call: Call) => JSON.parse(call.body).data.hosts;

async function scene(stack: AsyncDisposableStack) {
  const server = stack.use(await ScriptedApiServer.start());
  const kube = stack.use(new KubeClient(server.access()));
  const released = new Map<string, ReleasedHost>();
  const options = {
    kube,
    log: silentLog,
    namespace: 'system',
    name: 'kept',
    released: () => released,
    nowMs: () => at(0),
  };
  return { server, released, store: stack.use(new ReleasedStore(options)) };
}

test('what was kept is read, and nothing where there is no ConfigMap or it may not be read', async () => {
  await using stack = new AsyncDisposableStack();
  const { server, store } = await scene(stack);
  const first = store.load(soon());
  const call = await server.calls.next();
  assert.equal(`${call.method} ${call.url.pathname}`, 'GET /api/v1/namespaces/system/configmaps/kept');
  call.reply({ data: { hosts: LINE } });
  assert.deepEqual(await first, new Map([['shop.example.com', { namespace: 'shop', untilMs: at(3_600) }]]));
  for (const [status, reason] of [
    [404, 'NotFound'],
    [403, 'Forbidden'],
  ] as const) {
    const none = store.load(soon());
    (await server.calls.next()).fail(status, reason);
    assert.equal((await none).size, 0);
  }
});

test('an API server that is not there yet is asked again', async () => {
  await using stack = new AsyncDisposableStack();
  const { server, store } = await scene(stack);
  const loaded = store.load(soon());
  (await server.calls.next()).fail(500, 'InternalError');
  (await server.calls.next()).reply({ data: { hosts: LINE } });
  assert.equal((await loaded).size, 1);
});

test('a change is written at once; what changes meanwhile is written together', async () => {
  await using stack = new AsyncDisposableStack();
  const { server, released, store } = await scene(stack);
  released.set('shop.example.com', { namespace: 'shop', untilMs: at(3_600) });
  store.changed();
  const first = await server.calls.next();
  assert.equal(first.method, 'PATCH');
  assert.equal(hostsIn(first), LINE);
  for (let i = 0; i < 10; i += 1) {
    released.set(`h${i}.example.com`, { namespace: 'shop', untilMs: at(3_600) });
    store.changed();
  }
  first.reply({});
  const second = await server.calls.next();
  assert.equal(hostsIn(second).split('\n').length, 12);
  server.calls.onEach((call) => call.reply({}));
  second.reply({});
});

test('what could not be written is written when the operator leaves', async () => {
  await using stack = new AsyncDisposableStack();
  const { server, released, store } = await scene(stack);
  released.set('shop.example.com', { namespace: 'shop', untilMs: at(3_600) });
  store.changed();
  (await server.calls.next()).fail(500, 'InternalError');
  const left = store[Symbol.asyncDispose]();
  const last = await server.calls.next();
  assert.equal(hostsIn(last), LINE);
  last.reply({});
  await left;
});

test('without a name nothing is asked of the API server', async () => {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await ScriptedApiServer.start());
  const kube = stack.use(new KubeClient(server.access()));
  const options = {
    kube,
    log: silentLog,
    namespace: 'system',
    name: undefined,
    released: () => new Map(),
    nowMs: () => at(0),
  };
  const store = stack.use(new ReleasedStore(options));
  store.changed();
  assert.equal((await store.load(soon())).size, 0);
  await store[Symbol.asyncDispose]();
  assert.equal(server.calls.size, 0);
});
