import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointSlice } from '#platform/kube/resources.ts';
import { activatorUrls } from './activator-urls.ts';

const slice = (parts: Partial<EndpointSlice>): EndpointSlice => ({
  addressType: 'IPv4',
  ports: [
    { name: 'http', port: 8080 },
    { name: 'ops', port: 9091 },
  ],
  endpoints: [],
  ...parts,
});

test('the operational port of each address is asked, also of one that is leaving', () => {
  const endpoints = [{ addresses: ['10.0.0.1'] }, { addresses: ['10.0.0.2'], conditions: { ready: false } }];
  assert.deepEqual(activatorUrls([slice({ endpoints })]), ['http://10.0.0.1:9091', 'http://10.0.0.2:9091']);
});

test('IPv6 addresses are bracketed, one that two slices name is asked once', () => {
  const one = slice({ addressType: 'IPv6', endpoints: [{ addresses: ['fd00::1'] }] });
  assert.deepEqual(activatorUrls([one, one]), ['http://[fd00::1]:9091']);
});

test('a slice without the port or without endpoints leads nowhere', () => {
  const { endpoints: _, ...none } = slice({});
  assert.deepEqual(
    activatorUrls([slice({ ports: [{ name: 'http', port: 1 }], endpoints: [{ addresses: ['10.0.0.1'] }] })]),
    [],
  );
  assert.deepEqual(activatorUrls([none as EndpointSlice]), []);
});
