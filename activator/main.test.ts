import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { ask, until } from './testing/test-gateway.ts';
import { aSleepingFunction, shown } from './testing/test-process.ts';

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
