import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointSlice, Service } from '#platform/kube/resources.ts';
import { backendsOf, routesOf } from './routes.ts';

function aService(spec: object): Service {
  return { metadata: { namespace: 'n', name: 's' }, spec: { clusterIP: '127.0.77.5', ...spec } };
}
const http = { name: 'http', port: 80, nodePort: 30_080 };
const where = (service: Service): string[] =>
  routesOf(service).map(({ host, port, kind }) => `${kind} ${host}:${port}`);

test('a Service is reached at its address, at a port of the node, and at the port of a load balancer', () => {
  assert.deepEqual(where(aService({ ports: [{ port: 80 }] })), ['cluster 127.0.77.5:80']);
  assert.deepEqual(where(aService({ type: 'NodePort', ports: [http] })), [
    'cluster 127.0.77.5:80',
    'node 127.0.0.1:30080',
  ]);
  assert.deepEqual(where(aService({ type: 'LoadBalancer', ports: [http] })).at(-1), 'balancer 127.0.0.1:80');
});

test('where low ports are root’s, a Service’s own is found further up as well', () => {
  const ports = [{ port: 80 }, { port: 8_080 }];
  const routes = routesOf(aService({ ports }), 10_000).map(({ port }) => port);
  assert.deepEqual(routes, [80, 10_080, 8_080]);
});

test('nothing listens for headless Services, names, and UDP', () => {
  assert.deepEqual(where(aService({ clusterIP: 'None', ports: [http] })), ['node 127.0.0.1:30080']);
  assert.deepEqual(where(aService({ type: 'ExternalName', ports: [http] })), []);
  assert.deepEqual(where(aService({ ports: [{ port: 53, protocol: 'UDP' }] })), []);
});

function aSlice(
  ...endpoints: [address: string, ready: boolean, serving: boolean, terminating: boolean][]
): EndpointSlice {
  return {
    addressType: 'IPv4',
    ports: [
      { name: 'http', port: 8_080 },
      { name: 'ops', port: 9_090 },
    ],
    endpoints: endpoints.map(([address, ready, serving, terminating]) => ({
      addresses: [address],
      conditions: { ready, serving, terminating },
    })),
  };
}

test('only ready endpoints are asked, of all slices, at the port of that name', () => {
  const slices = [
    aSlice(['127.1.0.1', true, true, false], ['127.1.0.2', false, false, false]),
    aSlice(['127.1.0.3', true, true, false]),
  ];
  assert.deepEqual(backendsOf(slices, 'ops'), [
    { host: '127.1.0.1', port: 9_090 },
    { host: '127.1.0.3', port: 9_090 },
  ]);
  assert.deepEqual(backendsOf(slices, 'none'), []);
});

test('when all leave, those that still serve are asked', () => {
  const slices = [aSlice(['127.1.0.1', false, true, true], ['127.1.0.2', false, false, true])];
  assert.deepEqual(backendsOf(slices, 'http'), [{ host: '127.1.0.1', port: 8_080 }]);
});
