import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../testing/scripted-api-server.ts';
import { createRegistry, metricsOf } from './metrics.ts';
import { OpsServer } from './ops-server.ts';

const host = '127.0.0.1';

test('is healthy, and ready when every check is', async () => {
  const why: { cache?: string } = { cache: 'not synced' };
  const readiness = [
    { name: 'cache', notReady: () => why.cache },
    { name: 'gate', notReady: () => undefined },
  ];
  await using ops = await OpsServer.start({
    host,
    port: 0,
    metrics: metricsOf(createRegistry()),
    readiness,
    log: silentLog,
  });
  const ask = async (path: string) => {
    const answer = await fetch(`http://${host}:${ops.port}${path}`);
    return { status: answer.status, body: await answer.json() };
  };
  assert.deepEqual(await ask('/healthz'), { status: 200, body: { healthy: true } });
  const failing = [{ name: 'cache', why: 'not synced' }];
  assert.deepEqual(await ask('/readyz'), { status: 503, body: { ready: false, failing } });
  delete why.cache;
  assert.deepEqual(await ask('/readyz'), { status: 200, body: { ready: true } });
});

test('gives the metrics as text', async () => {
  const registry = createRegistry();
  await using ops = await OpsServer.start({
    host,
    port: 0,
    metrics: metricsOf(registry),
    readiness: [],
    log: silentLog,
  });
  const answer = await fetch(`http://${host}:${ops.port}/metrics`);
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  assert.match(await answer.text(), /^process_cpu_seconds_total /m);
});

test('gives only the metrics that are named, passing over those it does not have', async () => {
  const metrics = metricsOf(createRegistry());
  await using ops = await OpsServer.start({ host, port: 0, metrics, readiness: [], log: silentLog });
  const names = 'name[]=process_cpu_seconds_total&name[]=none&name[]=process_start_time_seconds';
  const text = await (await fetch(`http://${host}:${ops.port}/metrics?${names}`)).text();
  assert.deepEqual(
    [...text.matchAll(/^(\w+)/gm)].map(([, name]) => name),
    ['process_cpu_seconds_total', 'process_start_time_seconds'],
  );
});

test('answers 500 without details when the metrics cannot be read', async () => {
  const registry = createRegistry();
  registry.metrics = () => Promise.reject(new Error('a secret'));
  await using ops = await OpsServer.start({
    host,
    port: 0,
    metrics: metricsOf(registry),
    readiness: [],
    log: silentLog,
  });
  const broken = await fetch(`http://${host}:${ops.port}/metrics`);
  assert.equal(broken.status, 500);
  assert.deepEqual(await broken.json(), { error: 'InternalError' });
});

test('has nothing else, and takes nothing', async () => {
  await using ops = await OpsServer.start({
    host,
    port: 0,
    metrics: metricsOf(createRegistry()),
    readiness: [],
    log: silentLog,
  });
  const ask = async (path: string, method: string) =>
    (await fetch(`http://${host}:${ops.port}${path}`, { method })).status;
  assert.equal(await ask('/', 'GET'), 404);
  assert.equal(await ask('/healthz', 'POST'), 405);
  assert.equal(await ask('/healthz?verbose', 'HEAD'), 200);
});

test('a port that is taken is an error at the start', async () => {
  const options = { host, metrics: metricsOf(createRegistry()), readiness: [], log: silentLog };
  await using ops = await OpsServer.start({ ...options, port: 0 });
  await assert.rejects(OpsServer.start({ ...options, port: ops.port }), { code: 'EADDRINUSE' });
});

test('listens on all addresses by default', async () => {
  await using ops = await OpsServer.start({
    port: 0,
    metrics: metricsOf(createRegistry()),
    readiness: [],
    log: silentLog,
  });
  assert.equal((await fetch(`http://${host}:${ops.port}/healthz`)).status, 200);
});
