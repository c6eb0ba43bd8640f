/** The dispatcher as a process: what gateways hand over is kept, whatever happens to it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DispatcherRefusal, EntryOutcome } from '#api/invocations.ts';
import { until } from '#platform/testing/until.ts';
import { aFunction } from '../../activator/testing/test-gateway.ts';
import { Cluster } from '../../activator/testing/test-process.ts';
import { EmbeddedStore } from '../../dispatcher/store/embedded-store.ts';
import { DEFAULT_LIMITS } from '../../dispatcher/store/store.ts';
import { anEntry, DispatcherProcess, Tokens } from './dispatcher-process.ts';

const LIMIT = { timeout: 120_000 };
/** Nothing may run before a year has passed, so that it stays open. */
const LATER = { notBeforeMs: Date.now() + 20 * 86_400_000 };

/** A cluster with the functions `mail` and `other`, and a folder. */
async function scene() {
  const stack = new AsyncDisposableStack();
  const cluster = stack.use(await Cluster.start([aFunction('mail', { async: {} }), aFunction('other')]));
  const tokens = new Tokens();
  cluster.keySet = tokens.keySet;
  const folder = await mkdtemp(join(tmpdir(), 'catnap-dispatcher-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const start = async (env: Record<string, string> = {}, preload?: string) => {
    const dispatcher = await DispatcherProcess.start({ apiUrl: cluster.url, tokens, folder, env, preload });
    stack.use(dispatcher);
    if (dispatcher.child.exitCode === null) await until(() => dispatcher.isReady(), 'it is ready', 20_000);
    return dispatcher;
  };
  return { stack, cluster, tokens, folder, start };
}

test('what was accepted is there after the process was killed, and accepted once', LIMIT, async () => {
  const { stack, folder, start } = await scene();
  await using _ = stack;
  const first = await start();
  const accepted: EntryOutcome[] = [{ outcome: 'accepted' }];
  let acknowledged = 0;
  const flood = async (from: number) => {
    for (let n = from; ; n += 10) {
      const outcomes = await first.send(anEntry(n, 'mail', LATER)).catch(() => undefined);
      if (outcomes === undefined) return;
      assert.deepEqual(outcomes, accepted);
      acknowledged = Math.max(acknowledged, n);
    }
  };
  const floods = Array.from({ length: 10 }, (__, from) => flood(from));
  await until(() => acknowledged >= 300, 'three hundred are acknowledged', 30_000);
  await first.stop('SIGKILL');
  await Promise.all(floods);
  const second = await start();
  for (let n = 0; n < 300; n += 1) {
    const [outcome] = await second.send(anEntry(n, 'mail', LATER));
    assert.equal(outcome?.outcome, 'exists', `${n}`);
  }
  const total = await second.metric('catnap_dispatcher_accepted_total');
  const open = await second.metric('catnap_dispatcher_entries{namespace="default",function="mail",state="waiting"}');
  assert.equal(open, total);
  await second.stop();
  await using store = await EmbeddedStore.open({
    path: join(folder, 'store', 'invocations.db'),
    limits: DEFAULT_LIMITS,
  });
  assert.equal(await store.unaccounted(), 0);
});

test('only a gateway with its own token is heard', LIMIT, async () => {
  const { stack, tokens, start } = await scene();
  await using _ = stack;
  const dispatcher = await start();
  const other = new Tokens();
  const now = Math.floor(Date.now() / 1_000);
  const wrong: [what: string, token: string][] = [
    ['one of another account', tokens.ofGateway({ sub: 'system:serviceaccount:default:catnap-activator' })],
    ['one for another audience', tokens.ofGateway({ aud: ['catnap-gateway'] })],
    ['one for the API server', tokens.ofGateway({ aud: ['https://kubernetes.default.svc.cluster.local'] })],
    ['one that is over', tokens.ofGateway({ exp: now - 100 })],
    ['one that is not valid yet', tokens.ofGateway({ nbf: now + 600 })],
    ['one of another issuer', tokens.ofGateway({ iss: 'https://elsewhere' })],
    ['one that another signed', other.ofGateway()],
    ['its own', tokens.ofDispatcher()],
    ['none', ''],
  ];
  for (const [what, token] of wrong) assert.equal((await dispatcher.post([anEntry(1)], token)).status, 401, what);
  assert.equal(await dispatcher.metric('catnap_dispatcher_accepted_total'), 0);
  assert.deepEqual(await dispatcher.send(anEntry(1)), [{ outcome: 'accepted' }]);
});

test('a function that has as much as it may is full, and no other', LIMIT, async () => {
  const { stack, start } = await scene();
  await using _ = stack;
  const dispatcher = await start({ CATNAP_ASYNC_FUNCTION_ENTRIES: '2' });
  const outcomes = await dispatcher.send(
    ...[1, 2, 3].map((n) => anEntry(n, 'mail', LATER)),
    anEntry(4, 'other', LATER),
  );
  const kinds = outcomes.map(({ outcome }) => outcome);
  assert.deepEqual(kinds, ['accepted', 'accepted', 'full', 'accepted']);
});

test('the entries of a function that is deleted go, also where that happened while nothing ran', LIMIT, async () => {
  const { stack, cluster, start } = await scene();
  await using _ = stack;
  const first = await start();
  await first.send(anEntry(1, 'mail', LATER), anEntry(2, 'other', LATER));
  cluster.changeFunction(deleted('mail'));
  await until(async () => (await first.status(anEntry(1).id, 'uid-of-mail')) === undefined, 'they are gone');
  const [unknown] = await first.send(anEntry(3, 'mail', LATER));
  assert.deepEqual(unknown, { outcome: 'unknown' });
  assert.equal((await first.status(anEntry(2).id, 'uid-of-other'))?.status.status, 'waiting');
  await first.stop();
  cluster.removeFunction('other');
  const second = await start();
  await until(async () => (await second.status(anEntry(2).id, 'uid-of-other')) === undefined, 'they are gone too');
  assert.equal(await second.metric('catnap_dispatcher_ended_total{outcome="cancelled"}'), 2);
});

test('a function of namespaces that are not followed keeps its entries', LIMIT, async () => {
  const { stack, start } = await scene();
  await using _ = stack;
  const first = await start();
  await first.send(anEntry(1, 'mail', LATER));
  await first.stop();
  const elsewhere = await start({ CATNAP_NAMESPACES: 'elsewhere' });
  assert.deepEqual(await elsewhere.send(anEntry(2, 'mail', LATER)), [{ outcome: 'unknown' }]);
  assert.equal((await elsewhere.status(anEntry(1).id, 'uid-of-mail'))?.status.status, 'waiting');
});

test('a stop takes no more than five seconds, and ends well', LIMIT, async () => {
  const { stack, start } = await scene();
  await using _ = stack;
  const dispatcher = await start();
  await dispatcher.send(anEntry(1, 'mail', LATER));
  const asked = dispatcher.status(anEntry(1).id, 'uid-of-mail', 60);
  await until(async () => (await dispatcher.metric('catnap_dispatcher_status_waits')) === 1, 'one waits');
  const startedAtMs = performance.now();
  const code = await dispatcher.stop();
  assert.ok(performance.now() - startedAtMs < 5_000);
  assert.deepEqual([code, (await asked)?.status.status], [0, 'waiting']);
});

test('a second process on the same store ends with a line that says why, and the first goes on', LIMIT, async () => {
  const { stack, start } = await scene();
  await using _ = stack;
  const first = await start();
  const second = await start();
  assert.equal(second.child.exitCode, 1);
  assert.match(second.errors.join(), /one process at a time/);
  assert.deepEqual(await first.send(anEntry(1)), [{ outcome: 'accepted' }]);
});

/** The store's thread ends at the first request to it that brings entries. */
const FAILING_THREAD = `import { Worker } from 'node:worker_threads';
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (message) {
    if (message.method === 'enqueue') this.terminate();
    else post.call(this, message);
  };`;

test('without its store the process ends, and says so; nothing is accepted falsely', LIMIT, async () => {
  const { stack, start } = await scene();
  await using _ = stack;
  const dispatcher = await start({}, FAILING_THREAD);
  const response = await dispatcher.post([anEntry(1)]);
  assert.deepEqual([response.status, ((await response.json()) as DispatcherRefusal).code], [503, 'Closed']);
  assert.equal(await dispatcher.ended(), 1);
  assert.ok(dispatcher.errors.includes('the store ended by itself'), dispatcher.errors.join('; '));
});

function deleted(name: string) {
  const fn = aFunction(name);
  return { ...fn, metadata: { ...fn.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
}
