import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostsText } from './hosts-file.ts';

const gateway = { metadata: { name: 'gateway', namespace: 'system' }, spec: { clusterIP: '127.0.77.5' } };
const headless = { metadata: { name: 'activator', namespace: 'system' }, spec: { clusterIP: 'None' } };
const named = (externalName: string) => ({
  metadata: { name: 'hello', namespace: 'team' },
  spec: { type: 'ExternalName', externalName },
});

test('Services are found by their names, in the own namespace by the bare one', () => {
  assert.equal(
    hostsText('127.0.0.1 localhost', [gateway, headless], 'system'),
    '127.0.0.1 localhost\n127.0.77.5\tgateway.system.svc.cluster.local gateway.system.svc gateway.system gateway\n',
  );
});

test('a name that stands for a Service leads to it; one for somebody outside is left out', () => {
  const services = [gateway, named('gateway.system.svc.cluster.local')];
  assert.match(hostsText('', services, 'other'), /^127\.0\.77\.5\thello\.team\.svc\.cluster\.local .* hello\.team$/m);
  assert.doesNotMatch(hostsText('', [gateway, named('example.com')], 'other'), /hello/);
});
