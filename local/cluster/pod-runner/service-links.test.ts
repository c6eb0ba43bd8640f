import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceLinks } from './service-links.ts';

const api = { host: '127.0.0.1', port: 6443 };
const gateway = {
  metadata: { name: 'web-gateway' },
  spec: { clusterIP: '127.0.77.5', ports: [{ name: 'http', port: 80 }] },
};
const headless = { metadata: { name: 'activator' }, spec: { clusterIP: 'None', ports: [{ name: 'ops', port: 9090 }] } };

test('every container finds the API server', () => {
  assert.deepEqual(Object.fromEntries(serviceLinks(api, [gateway], false)), {
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    KUBERNETES_SERVICE_PORT: '6443',
    KUBERNETES_SERVICE_PORT_HTTPS: '6443',
    KUBERNETES_PORT: 'tcp://127.0.0.1:6443',
    KUBERNETES_PORT_6443_TCP: 'tcp://127.0.0.1:6443',
    KUBERNETES_PORT_6443_TCP_PROTO: 'tcp',
    KUBERNETES_PORT_6443_TCP_PORT: '6443',
    KUBERNETES_PORT_6443_TCP_ADDR: '127.0.0.1',
  });
});

test('the Services of its namespace are there for a container that wants them, those with an address', () => {
  const links = serviceLinks(api, [gateway, headless], true);
  assert.equal(links.get('WEB_GATEWAY_SERVICE_HOST'), '127.0.77.5');
  assert.equal(links.get('WEB_GATEWAY_SERVICE_PORT_HTTP'), '80');
  assert.equal(links.get('WEB_GATEWAY_PORT_80_TCP'), 'tcp://127.0.77.5:80');
  assert.equal(links.has('ACTIVATOR_SERVICE_HOST'), false);
});
