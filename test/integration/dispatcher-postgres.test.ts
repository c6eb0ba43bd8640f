/** Dispatchers as processes that share a database. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '#platform/testing/until.ts';
import { aFunction } from '../../activator/testing/test-gateway.ts';
import { Cluster } from '../../activator/testing/test-process.ts';
import { PostgresServer, withoutPostgres } from '../../dispatcher/store/testing/postgres-server.ts';
import { anEntry, DispatcherProcess, Tokens } from './dispatcher-process.ts';

/** Nothing may run before some weeks have passed, so that it stays open. */
const LATER = { notBeforeMs: Date.now() + 20 * 86_400_000 };

async function scene() {
  const stack = new AsyncDisposableStack();
  const cluster = stack.use(await Cluster.start([aFunction('mail', { async: {} })]));
  const tokens = new Tokens();
  cluster.keySet = tokens.keySet;
  const folder = await mkdtemp(join(tmpdir(), 'catnap-dispatcher-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const server = stack.use(await PostgresServer.start());
  const urlFile = join(folder, 'url');
  await writeFile(urlFile, server.url);
  const start = async (name: string) => {
    const own = join(folder, name);
    await mkdir(own);
    const env = { CATNAP_STORE_FOLDER: '', CATNAP_STORE_URL_FILE: urlFile };
    const dispatcher = stack.use(await DispatcherProcess.start({ apiUrl: cluster.url, tokens, folder: own, env }));
    await until(() => dispatcher.isReady(), 'it is ready', 20_000);
    return dispatcher;
  };
  return { stack, server, start };
}

test('what one dispatcher accepted the other knows, also after the database was killed', {
  timeout: 120_000,
  skip: withoutPostgres,
}, async () => {
  const { stack, server, start } = await scene();
  await using _ = stack;
  const first = await start('first');
  const second = await start('second');
  const statusOf = async (n: number) => (await second.status(anEntry(n).id, 'uid-of-mail'))?.status.status;
  assert.deepEqual(await first.send(anEntry(1, 'mail', LATER)), [{ outcome: 'accepted' }]);
  assert.equal(await statusOf(1), 'waiting');
  await server.end('SIGKILL');
  const refused = await first.post([anEntry(2, 'mail', LATER)]);
  assert.equal(refused.status, 503);
  await server.restart();
  assert.deepEqual(await first.send(anEntry(2, 'mail', LATER)), [{ outcome: 'accepted' }]);
  const [again] = await second.send(anEntry(2, 'mail', LATER));
  assert.equal(again?.outcome, 'exists');
  assert.deepEqual([await statusOf(1), await statusOf(2)], ['waiting', 'waiting']);
  assert.equal(await second.metric('catnap_dispatcher_accepted_total'), 2);
  assert.equal(await first.stop(), 0);
});
