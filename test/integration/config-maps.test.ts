import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Stage } from './operator-stage.ts';

const stage = await Stage.open();
after(() => stage[Symbol.asyncDispose]());

/** Sockets that are open in this process, the operator's among them. */
const sockets = () => process.getActiveResourcesInfo().filter((one) => one === 'TCPSocketWrap').length;

const FUNCTIONS = 16;
const EACH = 32;

test('however many ConfigMaps functions name, they are watched over one connection', async () => {
  const before = sockets();
  const names = (index: number) => Array.from({ length: EACH }, (_, n) => `settings-${index}-${n}`);
  const functions = Array.from({ length: FUNCTIONS }, (_, index) => index);
  for (const index of functions) for (const name of names(index)) await stage.configMap(name, { [`K${index}`]: name });
  const revisions = await Promise.all(
    functions.map(async (index) => {
      const envFrom = names(index).map((name) => ({ configMapRef: { name } }));
      await stage.apply(`many-${index}`, { source: { inline: 'export default () => 1' }, envFrom });
      const fn = await stage.function(`many-${index}`, 'is made', (seen) => seen.status?.latestRevision !== undefined);
      return fn.status?.latestRevision;
    }),
  );
  assert.ok(sockets() - before <= 10, `${sockets()} sockets, ${before} before`);
  await stage.configMap('settings-3-7', { K3: 'changed' });
  await stage.function('many-3', 'has a new revision', (seen) => seen.status?.latestRevision !== revisions[3]);
  await stage.configMap('settings-3-7', { K3: 'settings-3-7' });
  await stage.function('many-3', 'has its first again', (seen) => seen.status?.latestRevision === revisions[3]);
});

test('a ConfigMap that comes late is found, as source and in the environment', async () => {
  await stage.apply('late', {
    source: { configMapRef: { name: 'late-src' } },
    envFrom: [{ configMapRef: { name: 'late-env' } }],
  });
  const reasonOf = (fn: { status?: { conditions?: { reason: string }[] | undefined } | undefined }) =>
    (fn.status?.conditions ?? []).map(({ reason }) => reason);
  await stage.function('late', 'misses its source', (seen) => reasonOf(seen).includes('ConfigMapNotFound'));
  await stage.configMap('late-src', { 'index.ts': 'export default () => 1' });
  const fn = await stage.function('late', 'is made', (seen) => seen.status?.latestRevision !== undefined);
  await stage.configMap('late-env', { A: 'b' });
  const latest = fn.status?.latestRevision;
  await stage.function('late', 'has it in a new revision', (seen) => seen.status?.latestRevision !== latest);
});
