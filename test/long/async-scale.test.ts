/** The dispatcher as a process with very much to do: others do not wait for it, and its start does not either. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { settled, until } from '#platform/testing/until.ts';
import { aFunction } from '../../activator/testing/test-gateway.ts';
import { Cluster } from '../../activator/testing/test-process.ts';
import {
  answering,
  type FakeAnswer,
  type FakeDelivery,
  FakeGateway,
} from '../../dispatcher/delivery/testing/fake-gateway.ts';
import { ROOT } from '../../local/package-root.ts';
import { pssMib } from '../bench/processes.ts';
import { anEntry, DispatcherProcess, Tokens } from '../integration/dispatcher-process.ts';

const LIMIT = { timeout: 280_000 };
const FLOOD = 100_000;
const BATCH = 1_000;
const MOST = {
  CATNAP_ASYNC_FUNCTION_ENTRIES: '1000000',
  CATNAP_ASYNC_NAMESPACE_ENTRIES: '2000000',
  CATNAP_ASYNC_FUNCTION_MIB: '4096',
  CATNAP_ASYNC_NAMESPACE_MIB: '4096',
};
const later = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));

/** Functions `mail`, which has very much, and `other`; how long what is sent to `other` takes until it is delivered. */
async function flooded(maxConcurrency: number, handleFlood: () => Promise<FakeAnswer>) {
  const stack = new AsyncDisposableStack();
  const functions = [aFunction('mail', { async: { maxConcurrency } }), aFunction('other', { async: {} })];
  const cluster = stack.use(await Cluster.start(functions));
  const tokens = new Tokens();
  cluster.keySet = tokens.keySet;
  cluster.issuer = tokens.issuer;
  const folder = await mkdtemp(join(tmpdir(), 'catnap-scale-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const sentAtMs = new Map<string, number>();
  let worstMs = 0;
  const handle = ({ head }: FakeDelivery) => {
    if (head.name === 'mail') return handleFlood();
    worstMs = Math.max(worstMs, performance.now() - (sentAtMs.get(head.id) ?? Number.NEGATIVE_INFINITY));
    sentAtMs.delete(head.id);
    return answering(200);
  };
  const gateway = stack.use(await FakeGateway.start(handle));
  const env = { ...MOST, CATNAP_GATEWAY_URLS: gateway.url };
  const dispatcher = stack.use(await DispatcherProcess.start({ apiUrl: cluster.url, tokens, folder, env }));
  await until(() => dispatcher.isReady(), 'it is ready', 20_000);
  let number = FLOOD;
  /** Some of `other`, one after the other, each after the one before was delivered; the longest that one took, in milliseconds. */
  const worstOf = async (count: number) => {
    worstMs = 0;
    for (let n = 0; n < count; n += 1) {
      const entry = anEntry(number++, 'other');
      sentAtMs.set(entry.id, performance.now());
      await dispatcher.send(entry);
      await until(() => !sentAtMs.has(entry.id), `the ${n}th of another function is delivered`, 20_000);
    }
    return worstMs;
  };
  return { stack, cluster, gateway, dispatcher, worstOf };
}

test('a hundred thousand invocations of one function hold up another’s by less than a second', LIMIT, async () => {
  const { stack, cluster, dispatcher, worstOf } = await flooded(50, () => later(5).then(() => answering(200)));
  await using _ = stack;
  let sent = 0;
  const flood = async () => {
    while (sent < FLOOD) {
      const from = sent;
      sent += BATCH;
      await dispatcher.send(...Array.from({ length: BATCH }, (__, n) => anEntry(from + n)));
    }
  };
  const flooding = Promise.all([flood(), flood()]);
  const whileAccepted = await worstOf(30);
  await flooding;
  const whileDelivered = await worstOf(100);
  const waiting = await dispatcher.metric(
    'catnap_dispatcher_entries{namespace="default",function="mail",state="waiting"}',
  );
  assert.ok(waiting > FLOOD / 4, `${waiting} still wait`);
  const fn = aFunction('mail');
  cluster.changeFunction({ ...fn, metadata: { ...fn.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
  const whileRemoved = await worstOf(30);
  console.log({ whileAccepted, whileDelivered, whileRemoved, waiting });
  assert.ok(Math.max(whileAccepted, whileDelivered, whileRemoved) < 1_000);
});

test('a function whose handlers do not end leaves places for another’s', LIMIT, async () => {
  const { stack, gateway, dispatcher, worstOf } = await flooded(1_000, () => new Promise(() => undefined));
  await using _ = stack;
  for (let n = 0; n < 5; n += 1)
    await dispatcher.send(...Array.from({ length: BATCH }, (__, at) => anEntry(n * BATCH + at)));
  const running = await settled(() => gateway.deliveries.length);
  const worst = await worstOf(100);
  console.log({ running, worst });
  assert.ok(running > 100 && worst < 1_000);
});

const FUNCTIONS = 100;
const STARTS = 3;

/** A dispatcher as images have it, on a store; none of what is in it may be delivered. */
async function started(folder: string, cluster: Cluster, tokens: Tokens) {
  const command = [process.execPath, join(ROOT, 'dist/operator/dispatcher.mjs')];
  const startedAtMs = performance.now();
  const start = { apiUrl: cluster.url, tokens, folder, env: MOST, command };
  await using dispatcher = await DispatcherProcess.start(start);
  await until(() => dispatcher.isReady(), 'it is ready', 20_000);
  const readyMs = performance.now() - startedAtMs;
  const waiting = await dispatcher.metric('catnap_dispatcher_entries{namespace="one",function="f0",state="waiting"}');
  const mib = await settled(() => Math.round(pssMib(dispatcher.child.pid as number)));
  return { readyMs, mib, waiting };
}

/** The best of some: other work on this machine only adds to it. */
async function bestOf(folder: string, cluster: Cluster, tokens: Tokens) {
  const all: Awaited<ReturnType<typeof started>>[] = [];
  for (let n = 0; n < STARTS; n += 1) all.push(await started(folder, cluster, tokens));
  const best = (of: 'readyMs' | 'mib') => Math.min(...all.map((one) => one[of]));
  return { readyMs: Math.round(best('readyMs')), mib: best('mib'), waiting: all[0]?.waiting };
}

test('a dispatcher with a million that wait is ready within two seconds, and takes no 15 MiB more', LIMIT, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'catnap-million-'));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'full', 'store'), { recursive: true });
  await mkdir(join(folder, 'empty'));
  const fill = join(import.meta.dirname, 'store', 'main.ts');
  const filled = spawnSync(process.execPath, [fill, 'fill', join(folder, 'full/store/invocations.db')]);
  assert.equal(filled.status, 0, String(filled.stderr));
  const functions = Array.from({ length: FUNCTIONS }, (_, n) => {
    const fn = aFunction(`f${n}`, { async: {} });
    return { ...fn, metadata: { ...fn.metadata, namespace: 'one', uid: `uid-${n}` } };
  });
  await using cluster = await Cluster.start(functions);
  const tokens = new Tokens();
  cluster.keySet = tokens.keySet;
  cluster.issuer = tokens.issuer;
  const empty = await bestOf(join(folder, 'empty'), cluster, tokens);
  const million = await bestOf(join(folder, 'full'), cluster, tokens);
  console.log({ empty, million });
  assert.equal(million.waiting, 1_000_000 / FUNCTIONS);
  assert.ok(million.readyMs < 2_000);
  assert.ok(million.mib - empty.mib <= 15);
});
