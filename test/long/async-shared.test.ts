/** Two dispatchers that share a database, of which one hangs while handlers run. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '#platform/testing/until.ts';
import { aFunction } from '../../activator/testing/test-gateway.ts';
import { Cluster } from '../../activator/testing/test-process.ts';
import { FakeGateway, Held } from '../../dispatcher/delivery/testing/fake-gateway.ts';
import { PostgresServer, withoutPostgres } from '../../dispatcher/store/testing/postgres-server.ts';
import { anEntry, DispatcherProcess, Tokens } from '../integration/dispatcher-process.ts';

const COUNT = 20;
const HERE = { timeout: 240_000, skip: withoutPostgres };
const entries = Array.from({ length: COUNT }, (_, n) => anEntry(n));

/** A gateway whose function answers when the test says so, a database, and a way to start dispatchers on both. */
async function scene() {
  const stack = new AsyncDisposableStack();
  const cluster = stack.use(await Cluster.start([aFunction('mail', { async: { maxConcurrency: COUNT } })]));
  const tokens = new Tokens();
  cluster.keySet = tokens.keySet;
  const folder = await mkdtemp(join(tmpdir(), 'catnap-shared-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const database = stack.use(await PostgresServer.start());
  const urlFile = join(folder, 'url');
  await writeFile(urlFile, database.url);
  const held = new Held();
  const gateway = stack.use(await FakeGateway.start(held.handle));
  const start = async (name: string) => {
    const own = join(folder, name);
    await mkdir(own);
    const store = { CATNAP_STORE_FOLDER: '', CATNAP_STORE_URL_FILE: urlFile, CATNAP_STORE_COUNT_SECONDS: '1' };
    const env = { ...store, CATNAP_GATEWAY_URLS: gateway.url };
    const dispatcher = stack.use(await DispatcherProcess.start({ apiUrl: cluster.url, tokens, folder: own, env }));
    await until(() => dispatcher.isReady(), 'it is ready', 20_000);
    return dispatcher;
  };
  return { stack, held, gateway, start };
}

type Scene = Awaited<ReturnType<typeof scene>>;

/** All has ended by the second one; then the first goes on, and has nothing to say of it. */
async function comesBack({ held, gateway }: Scene, first: DispatcherProcess, second: DispatcherProcess): Promise<void> {
  const states = await Promise.all(entries.map(({ id, uid }) => second.status(id, uid, 60)));
  assert.deepEqual([...new Set(states.map((state) => state?.status.status))], ['done']);
  first.child.kill('SIGCONT');
  const done = () => second.metric('catnap_dispatcher_ended_total{outcome="done"}');
  await until(
    async () => (await first.metric('catnap_dispatcher_lost_leases_total')) === COUNT,
    'it has lost them',
    20_000,
  );
  await first.send(anEntry(COUNT));
  await until(() => held.size === 1, 'the next one is delivered', 20_000);
  held.answer();
  await until(async () => (await done()) === COUNT + 1, 'it is done', 20_000);
  assert.equal(gateway.deliveries.length, COUNT + 1);
  assert.equal(await second.metric('catnap_dispatcher_unaccounted_entries'), 0);
}

test(
  'a dispatcher that starts beside one that hangs takes over what gateways have under way for that one',
  HERE,
  async () => {
    const all = await scene();
    await using _ = all.stack;
    const { held, gateway, start } = all;
    const first = await start('first');
    await first.send(...entries);
    await until(() => held.size === COUNT, 'all are with the function', 20_000);
    first.child.kill('SIGSTOP');
    const second = await start('second');
    await until(() => gateway.attached.length === COUNT, 'it waits for all of them', 60_000);
    held.answer();
    await comesBack(all, first, second);
  },
);

test(
  'of two dispatchers that hang for longer than their leases, the first one back goes on, and the other does no harm',
  HERE,
  async () => {
    const all = await scene();
    await using _ = all.stack;
    const { held, gateway, start } = all;
    const first = await start('first');
    await first.send(...entries);
    await until(() => held.size === COUNT, 'all are with the function', 20_000);
    const second = await start('second');
    await until(() => gateway.attached.length === COUNT, 'it has asked what is under way', 60_000);
    // Both hang, so that the leases end; one of them comes back first.
    for (const { child } of [first, second]) child.kill('SIGSTOP');
    const stoppedAtMs = Date.now();
    await until(() => Date.now() > stoppedAtMs + 35_000, 'the leases are over', 40_000);
    second.child.kill('SIGCONT');
    held.answer();
    await comesBack(all, first, second);
  },
);
