import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { KeepingDispatcher } from './testing/keeping-dispatcher.ts';
import { aFunction, ask, until } from './testing/test-gateway.ts';
import { aSleepingFunction, Cluster, shown, startActivator } from './testing/test-process.ts';

test('the process wakes a function, outlives the API server, and on SIGTERM finishes what it has and leaves', async () => {
  await using scene = await aSleepingFunction();
  const { cluster, activator, backend } = scene;
  const first = ask(activator.port);
  await until(() => cluster.scaleCalls.length > 0, 'the scale is asked for');
  const [call] = cluster.scaleCalls;
  assert.equal(call?.method, 'PATCH');
  assert.equal(call?.url.pathname, '/apis/apps/v1/namespaces/default/deployments/hello-1/scale');
  assert.equal(call?.query('fieldManager'), 'catnap-scaler');
  assert.equal(call?.headers['content-type'], 'application/json-patch+json');
  assert.deepEqual(JSON.parse(call?.body ?? ''), [
    { op: 'test', path: '/spec', value: {} },
    { op: 'add', path: '/spec/replicas', value: 1 },
  ]);
  cluster.showPod(shown(backend));
  assert.equal((await first).body, 'request 1');

  const metrics = await (await fetch(`http://127.0.0.1:${activator.opsPort}/metrics`)).text();
  const labels = '{namespace="default",function="hello",revision="hello-1"}';
  assert.ok(metrics.includes(`catnap_activator_requests_total${labels} 1\n`));
  assert.ok(metrics.includes(`catnap_activator_concurrency${labels} 0\n`));
  assert.match(metrics, /catnap_activator_concurrency_seconds_total\{[^}]*\} 0\.\d+/);
  assert.match(metrics, /catnap_activator_responses_total\{[^}]*code="200"\} 1/);
  assert.match(metrics, /catnap_activator_cold_start_seconds_count\{[^}]*\} 1/);
  assert.match(metrics, /catnap_activator_cold_start_seconds_bucket\{[^}]*le="\+Inf"\} 1/);

  await cluster[Symbol.asyncDispose]();
  assert.equal((await ask(activator.port)).body, 'request 2');

  const slow = ask(activator.port, { path: '/slow' });
  await until(() => scene.seen.includes('/slow'), 'it runs');
  activator.process.kill('SIGTERM');
  await untilStatus(`http://127.0.0.1:${activator.opsPort}/readyz`, 503);
  const last = await slow;
  assert.equal(last.body, 'slow');
  assert.equal(last.headers.connection, 'close');
  if (activator.process.exitCode === null) await once(activator.process, 'exit');
  assert.equal(activator.process.exitCode, 0);
});

async function untilStatus(url: string, status: number): Promise<void> {
  const signal = AbortSignal.timeout(5_000);
  await until(async () => (await fetch(url, { signal })).status === status, `${url} answers ${status}`);
}

test('with a dispatcher it accepts requests for later, and shows it the token of its file', async () => {
  await using dispatcher = await KeepingDispatcher.start();
  const folder = await mkdtemp(join(tmpdir(), 'activator-'));
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'from-a-file\n');
  await using cluster = await Cluster.start([aFunction('hello', { async: { mode: 'Always' } })]);
  const env = { CATNAP_DISPATCHER_URL: `${dispatcher.url}/`, CATNAP_DISPATCHER_TOKEN_FILE: tokenFile };
  await using activator = await startActivator(cluster.url, env);
  const { status } = await ask(activator.port, { method: 'POST', body: 'hello' });
  assert.deepEqual([status, dispatcher.entries[0]?.body, dispatcher.tokens], [202, 'hello', ['Bearer from-a-file']]);
  activator.process.kill('SIGTERM');
  if (activator.process.exitCode === null) await once(activator.process, 'exit');
  assert.equal(activator.process.exitCode, 0);
  await rm(folder, { recursive: true });
});

test('limited to namespaces, it asks for nothing outside', async () => {
  await using scene = await aSleepingFunction({ CATNAP_NAMESPACES: 'default,other' });
  const { cluster, activator, backend } = scene;
  cluster.showPod(shown(backend));
  assert.equal((await ask(activator.port)).status, 200);
  const collections = cluster.read.filter((path) => /\/(functions|pods)$/.test(path));
  assert.deepEqual([...new Set(collections)].sort(), [
    '/api/v1/namespaces/default/pods',
    '/api/v1/namespaces/other/pods',
    '/apis/catnap.dev/v1alpha1/namespaces/default/functions',
    '/apis/catnap.dev/v1alpha1/namespaces/other/functions',
  ]);
});

test('each request has its line in the access log, the last ones before the process ends', async () => {
  await using scene = await aSleepingFunction({ CATNAP_ACCESS_LOG: '1' });
  const { cluster, activator, backend } = scene;
  cluster.showPod(shown(backend));
  await Promise.all(Array.from({ length: 100 }, () => ask(activator.port)));
  activator.process.kill('SIGTERM');
  await once(activator.process, 'close');
  assert.equal(activator.said.filter((msg) => msg === 'request').length, 100);
});
