/** The dispatcher as a process: what gateways hand over is delivered through them, whatever happens to it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '#platform/testing/until.ts';
import { aFunction } from '../../activator/testing/test-gateway.ts';
import { Cluster } from '../../activator/testing/test-process.ts';
import { answering, FakeGateway, type Handle, Held } from '../../dispatcher/delivery/testing/fake-gateway.ts';
import { anEntry, DispatcherProcess, type Entry, Tokens } from './dispatcher-process.ts';

const LIMIT = { timeout: 120_000 };
const ASYNC = { maxConcurrency: 50, retry: { maxAttempts: 3, minBackoffSeconds: 1, maxBackoffSeconds: 1 } };

/** A cluster with the functions `mail` and `other`, and a gateway. */
async function scene(handle: Handle) {
  const stack = new AsyncDisposableStack();
  const cluster = stack.use(await Cluster.start([aFunction('mail', { async: ASYNC }), aFunction('other')]));
  const tokens = new Tokens();
  cluster.keySet = tokens.keySet;
  const gateway = stack.use(await FakeGateway.start(handle));
  const folder = await mkdtemp(join(tmpdir(), 'catnap-dispatcher-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const start = async () => {
    const env = { CATNAP_GATEWAY_URLS: gateway.url };
    const dispatcher = await DispatcherProcess.start({ apiUrl: cluster.url, tokens, folder, env });
    stack.use(dispatcher);
    await until(() => dispatcher.isReady(), 'it is ready', 20_000);
    return dispatcher;
  };
  return { stack, cluster, gateway, start };
}

const entries = (count: number): Entry[] => Array.from({ length: count }, (_, n) => anEntry(n));

/** What each has come to, once none is open. */
async function ends(dispatcher: DispatcherProcess, of: readonly Entry[]): Promise<string[]> {
  const states = await Promise.all(of.map(({ id, uid }) => dispatcher.status(id, uid, 30)));
  return [...new Set(states.map((one) => one?.status.status ?? 'none'))];
}

test('what was accepted is delivered by a gateway, and its answer is told to those that wait', LIMIT, async () => {
  const { stack, gateway, start } = await scene(({ body }) => ({
    ...answering(201, {}, ['content-type', 'text/plain']),
    body: `got ${body}`,
  }));
  await using _ = stack;
  const dispatcher = await start();
  const entry = anEntry(1);
  await dispatcher.send(entry);
  const { status, body } = (await dispatcher.status(entry.id, entry.uid, 30)) ?? {};
  assert.deepEqual([status?.status, status?.attempts, status?.response?.status, body], ['done', 1, 201, 'got body 1']);
  const [delivery] = gateway.deliveries;
  assert.match(delivery?.authorization ?? '', /^Bearer \S+\.\S+\.\S+$/);
  const { id, uid, namespace, name, attempt } = delivery?.head ?? {};
  assert.deepEqual([id, uid, namespace, name, attempt], [entry.id, entry.uid, 'default', 'mail', 1]);
  assert.equal(
    await dispatcher.metric('catnap_dispatcher_attempts_total{namespace="default",function="mail",outcome="done"}'),
    1,
  );
});

test('what fails is tried again, and buried after as many attempts as the function allows', LIMIT, async () => {
  const { stack, gateway, start } = await scene(({ head }) => answering(head.id === anEntry(1).id ? 500 : 404));
  await using _ = stack;
  const dispatcher = await start();
  await dispatcher.send(anEntry(1), anEntry(2));
  assert.deepEqual(await ends(dispatcher, [anEntry(1), anEntry(2)]), ['buried']);
  const attempts = (n: number) => gateway.ids.filter((id) => id === anEntry(n).id).length;
  assert.deepEqual([attempts(1), attempts(2)], [3, 1]);
  assert.equal(await dispatcher.metric('catnap_dispatcher_ended_total{outcome="buried"}'), 2);
});

test('what runs when the process is killed is taken over by the next one, and runs once', LIMIT, async () => {
  const held = new Held();
  const { stack, gateway, start } = await scene(held.handle);
  await using _ = stack;
  const first = await start();
  await first.send(...entries(20));
  await until(() => held.size === 20, 'all are with the function');
  await first.stop('SIGKILL');
  const second = await start();
  await second.send(anEntry(20));
  await until(() => gateway.attached.length === 20, 'all are taken over', 20_000);
  await until(() => held.size === 21, 'a new one is delivered beside them');
  held.answer();
  assert.deepEqual(await ends(second, entries(21)), ['done']);
  assert.equal(gateway.deliveries.length, 21);
  assert.equal(await second.metric('catnap_dispatcher_ended_total{outcome="done"}'), 21);
});

test('a stop gives up what runs within five seconds, and the next process takes it over', LIMIT, async () => {
  const held = new Held();
  const { stack, gateway, start } = await scene(held.handle);
  await using _ = stack;
  const first = await start();
  await first.send(...entries(3));
  await until(() => held.size === 3, 'all are with the function');
  const startedAtMs = performance.now();
  assert.equal(await first.stop(), 0);
  assert.ok(performance.now() - startedAtMs < 5_000);
  held.answer();
  const second = await start();
  assert.deepEqual(await ends(second, entries(3)), ['done']);
  assert.equal(gateway.deliveries.length, 3);
});

test('all that was accepted ends once, though the process is killed over and over', LIMIT, async () => {
  const { stack, gateway, start } = await scene(() => answering(200));
  await using _ = stack;
  const accepted: Entry[] = [];
  for (let round = 0; round < 5; round += 1) {
    const dispatcher = await start();
    let sent = 0;
    const flood = async () => {
      for (; sent < 400; ) {
        const entry = anEntry(round * 1_000 + sent++);
        if ((await dispatcher.send(entry).catch(() => undefined)) === undefined) return;
        accepted.push(entry);
      }
    };
    const floods = Array.from({ length: 8 }, flood);
    await until(() => sent >= 100 + round * 50, 'some are sent', 20_000);
    await dispatcher.stop('SIGKILL');
    await Promise.all(floods);
  }
  const last = await start();
  assert.deepEqual(await ends(last, accepted), ['done']);
  const done = await last.metric('catnap_dispatcher_ended_total{outcome="done"}');
  assert.equal(done, await last.metric('catnap_dispatcher_accepted_total'));
  const twice = gateway.deliveries.length - done;
  assert.ok(accepted.length <= done && twice >= 0, `${accepted.length} of ${done}, ${twice} delivered again`);
});

test('a function that is deleted gets nothing more', LIMIT, async () => {
  const held = new Held();
  const { stack, cluster, gateway, start } = await scene(held.handle);
  await using _ = stack;
  const dispatcher = await start();
  await dispatcher.send(...entries(60));
  await until(() => held.size === 50, 'as many as may are with the function');
  const fn = aFunction('mail');
  cluster.changeFunction({ ...fn, metadata: { ...fn.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
  await until(async () => (await dispatcher.status(anEntry(59).id, 'uid-of-mail')) === undefined, 'they are gone');
  held.answer();
  await dispatcher.send(anEntry(100, 'other'));
  await until(() => held.size === 1, 'another function is delivered to');
  held.answer();
  assert.deepEqual(await ends(dispatcher, [anEntry(100, 'other')]), ['done']);
  assert.equal(gateway.deliveries.length, 51);
});
