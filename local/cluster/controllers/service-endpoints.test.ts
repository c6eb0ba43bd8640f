import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, Service } from '#platform/kube/resources.ts';
import { desiredSlices, sliceLabels } from './service-endpoints.ts';

const service: Service = {
  metadata: { name: 'web', namespace: 'n' },
  spec: { selector: { app: 'x' }, ports: [{ name: 'http', port: 80, targetPort: 'web' }] },
};

function aPod(
  name: string,
  ready: boolean,
  { port = 8080, deleting = false, podIP = `127.1.0.${name.length}` } = {},
): Pod {
  return {
    metadata: { name, namespace: 'n', uid: name, ...(deleting && { deletionTimestamp: 'now' }) },
    spec: { nodeName: 'local', containers: [{ name: 'a', ports: [{ name: 'web', containerPort: port }] }] },
    status: { podIP, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

test('an endpoint says whether it is ready, serves, and is on its way out', () => {
  const [slice] = desiredSlices(service, [aPod('aaa', true), aPod('b', false), aPod('cc', true, { deleting: true })]);
  assert.deepEqual(slice?.ports, [{ name: 'http', port: 8080, protocol: 'TCP' }]);
  assert.deepEqual(
    slice?.endpoints?.map((e) => [e.targetRef?.name, e.conditions]),
    [
      ['aaa', { ready: true, serving: true, terminating: false }],
      ['b', { ready: false, serving: false, terminating: false }],
      ['cc', { ready: false, serving: true, terminating: true }],
    ],
  );
});

test('without pods there is one empty slice, and no more than a hundred endpoints in one', () => {
  assert.deepEqual(desiredSlices(service, []), [{ ports: [], endpoints: [] }]);
  const many = Array.from({ length: 101 }, (_, index) => aPod(`p${index}`, true));
  assert.deepEqual(
    desiredSlices(service, many).map((slice) => slice.endpoints?.length),
    [100, 1],
  );
});

test('pods with different numbers for a port name are in different slices; one without an address is in none', () => {
  const pods = [aPod('a', true), aPod('b', true, { port: 9_000 }), aPod('c', true, { podIP: '' })];
  assert.deepEqual(
    desiredSlices(service, pods).map((slice) => slice.ports?.[0]?.port),
    [8_080, 9_000],
  );
});

test('a Service may publish those that are not ready; what serves, and leaves, is told all the same', () => {
  const eager = { ...service, spec: { ...service.spec, publishNotReadyAddresses: true } };
  const [slice] = desiredSlices(eager, [aPod('a', false), aPod('bb', true, { deleting: true })]);
  assert.deepEqual(
    slice?.endpoints?.map((e) => e.conditions),
    [
      { ready: true, serving: false, terminating: false },
      { ready: true, serving: true, terminating: true },
    ],
  );
});

test('slices carry the labels of their Service, and say when it is headless', () => {
  const headless = { metadata: { ...service.metadata, labels: { a: 'b' } }, spec: { clusterIP: 'None' } };
  assert.deepEqual(sliceLabels(headless), {
    a: 'b',
    'service.kubernetes.io/headless': '',
    'kubernetes.io/service-name': 'web',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
  });
});
