import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceEndpoints } from './endpoint-urls.ts';
import type { EndpointSlice } from './resources.ts';

type Endpoint = NonNullable<EndpointSlice['endpoints']>[number];

const slice = (endpoints: Endpoint[]): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  addressType: 'IPv4',
  ports: [{ name: 'ops', port: 9090 }],
  endpoints,
});
const isReady = (conditions: Endpoint['conditions']) =>
  serviceEndpoints([slice([{ addresses: ['10.0.0.7'], ...(conditions && { conditions }) }])], 'ops')[0]?.ready;

test('a pod takes connections unless the slice says that it does not', () => {
  assert.equal(isReady({ ready: true, serving: true, terminating: false }), true);
  assert.equal(isReady({ ready: false, serving: false, terminating: false }), false);
  assert.equal(isReady({}), true);
  assert.equal(isReady(undefined), true);
});

test('a Service that publishes all of its pods calls them ready; one that leaves or is not ready yet takes no connections all the same', () => {
  assert.equal(isReady({ ready: true, serving: true, terminating: true }), false);
  assert.equal(isReady({ ready: true, serving: false, terminating: false }), false);
});
