import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeClient } from '#platform/kube/client.ts';
import type { EndpointSlice } from '#platform/kube/resources.ts';
import { ScriptedApiServer, silentLog } from '#platform/testing/scripted-api-server.ts';
import { TestClock } from '#platform/testing/test-clock.ts';
import { until } from '#platform/testing/until.ts';
import { startGateways } from './start-gateways.ts';

const silentMetrics = { trackAge: () => () => undefined, relisted: () => undefined, watchEnded: () => undefined };

function slice(version: number, endpoints: NonNullable<EndpointSlice['endpoints']>): EndpointSlice {
  return {
    metadata: { name: 'catnap-activator-1', namespace: 'catnap-system', resourceVersion: `${version}` },
    addressType: 'IPv4',
    endpoints,
    ports: [
      { name: 'metrics', port: 9090 },
      { name: 'deliveries', port: 8084 },
    ],
  };
}

function startOn(server: ScriptedApiServer, stack: AsyncDisposableStack, urls: string[]) {
  const kube = stack.use(new KubeClient(server.access(), { userAgent: 'test' }));
  return startGateways({
    config: {
      CATNAP_GATEWAY_TOKEN_FILE: '/nowhere',
      CATNAP_GATEWAY_URLS: urls,
      CATNAP_ACTIVATOR_SERVICE: 'catnap-activator',
      CATNAP_SYSTEM_NAMESPACE: 'catnap-system',
    },
    ...{ kube, clock: new TestClock(), log: silentLog, metrics: silentMetrics },
    lifecycle: { onStop: (_, stop) => stack.defer(() => stop(new AbortController().signal)) },
  });
}

test('a pod of two address families is one gateway', async () => {
  await using server = await ScriptedApiServer.start();
  await using stack = new AsyncDisposableStack();
  const { pool, synced } = startOn(server, stack, []);
  const targetRef = { kind: 'Pod', uid: 'pod-a' };
  const v6 = { ...slice(4, [{ addresses: ['fd00::7'], targetRef }]), addressType: 'IPv6' };
  v6.metadata = { ...v6.metadata, name: 'catnap-activator-2' };
  const items = [slice(3, [{ addresses: ['10.0.0.7'], targetRef }]), v6];
  (await server.calls.next()).reply({ metadata: { resourceVersion: '5' }, items });
  await synced;
  assert.deepEqual(
    pool.known.all.map(({ url }) => url),
    ['http://10.0.0.7:8084'],
  );
});

test('what is named as a gateway and is none is said at the start', async () => {
  await using server = await ScriptedApiServer.start();
  await using stack = new AsyncDisposableStack();
  for (const url of ['gateway:8084', 'https://gateway', '', 'http://'])
    assert.throws(() => startOn(server, stack, [url]), /CATNAP_GATEWAY_URLS/, url);
});

test('gateways are those behind the Service, by the port for deliveries, beside those that are named', async () => {
  await using server = await ScriptedApiServer.start();
  await using stack = new AsyncDisposableStack();
  const { pool, synced } = startOn(server, stack, ['http://127.0.0.1:7000']);
  const list = await server.calls.next();
  assert.equal(list.query('labelSelector'), 'kubernetes.io/service-name=catnap-activator');
  assert.match(list.url.pathname, /namespaces\/catnap-system\/endpointslices$/);
  const one = { addresses: ['10.0.0.7'], conditions: { ready: true } };
  list.reply({ metadata: { resourceVersion: '5' }, items: [slice(4, [one])] });
  await synced;
  const urls = () => pool.known.all.map(({ url }) => url);
  assert.deepEqual(urls(), ['http://127.0.0.1:7000', 'http://10.0.0.7:8084']);
  const watch = (await server.calls.next()).open();
  const leaving = { addresses: ['10.0.0.7'], conditions: { ready: false, serving: true, terminating: true } };
  const added = { addresses: ['10.0.0.8'], conditions: {} };
  watch.send({ type: 'MODIFIED', object: slice(6, [leaving, added]) });
  await until(() => urls().length === 3, 'one more is known');
  const ready = pool.known.all.filter((gateway) => pool.known.isReady(gateway)).map(({ url }) => url);
  assert.deepEqual(ready, ['http://127.0.0.1:7000', 'http://10.0.0.8:8084']);
  watch.send({ type: 'DELETED', object: slice(7, []) });
  await until(() => urls().length === 1, 'those that are named are left');
});
