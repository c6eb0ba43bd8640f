import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type Loose, TestServer } from './test-server.ts';

const SERVICES = '/api/v1/namespaces/default/services';

suite('services', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server[Symbol.asyncDispose]());

  const service = (name: string, spec: object): Loose => ({ metadata: { name }, spec });
  const http = { name: 'http', port: 80 };

  async function created(name: string, spec: object): Promise<Loose> {
    const { code, body } = await server.call('POST', SERVICES, service(name, { ports: [http], ...spec }));
    assert.equal(code, 201, JSON.stringify(body));
    return body;
  }

  test('have a loopback address of their own, which an update that leaves it out keeps', async () => {
    const { spec } = await created('plain', {});
    assert.match(spec.clusterIP, /^127\.0\.\d+\.\d+$/);
    const ports = [http, { name: 'https', port: 443 }];
    const { code, body } = await server.call('PUT', `${SERVICES}/plain`, service('plain', { ports }));
    assert.deepEqual([code, body.spec.clusterIP, body.spec.ports.length], [200, spec.clusterIP, 2]);
  });

  test('of type NodePort get a port each, and keep the one they ask for', async () => {
    const ports = [http, { name: 'https', port: 443, nodePort: 31_999 }];
    const { spec } = await created('node', { type: 'NodePort', ports });
    const [first, second] = spec.ports.map((port: Loose) => port.nodePort);
    assert.ok(first >= 30_000 && first <= 32_767 && first !== second);
    assert.equal(second, 31_999);
    const again = service('node', { type: 'NodePort', ports: [http, { name: 'https', port: 443 }] });
    const { body } = await server.call('PUT', `${SERVICES}/node`, again);
    assert.deepEqual(
      body.spec.ports.map((port: Loose) => port.nodePort),
      [first, second],
    );
    const inside = await server.patch(`${SERVICES}/node`, 'merge', { spec: { type: 'ClusterIP' } });
    assert.deepEqual([inside.code, inside.body.spec.ports[0].nodePort], [200, undefined]);
    assert.equal(inside.body.spec.externalTrafficPolicy, undefined);
  });

  test('are refused a port that is out of range, taken, or of no use', async () => {
    await created('first', { type: 'NodePort', ports: [{ port: 80, nodePort: 31_998 }] });
    const refused = async (spec: object) => (await server.call('POST', SERVICES, service('second', spec))).body.message;
    assert.match(
      await refused({ type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] }),
      /spec\.ports\[0\]\.nodePort: Invalid value: 80: provided port is not in the valid range\. The range of valid ports is 30000-32767$/,
    );
    assert.match(
      await refused({ type: 'NodePort', ports: [{ port: 80, nodePort: 31_998 }] }),
      /spec\.ports\[0\]\.nodePort: Invalid value: 31998: provided port is already allocated$/,
    );
    const twice = [
      { name: 'a', port: 80, nodePort: 31_997 },
      { name: 'b', port: 81, nodePort: 31_997 },
    ];
    assert.match(
      await refused({ type: 'NodePort', ports: twice }),
      /spec\.ports\[1\]\.nodePort: Invalid value: 31997: provided port is already allocated$/,
    );
    assert.match(
      await refused({ ports: [{ port: 80, nodePort: 31_997 }] }),
      /spec\.ports\[0\]\.nodePort: Forbidden: may not be used when `type` is 'ClusterIP'$/,
    );
  });

  test('without an address are headless', async () => {
    const { spec } = await created('headless', { clusterIP: 'None' });
    assert.deepEqual([spec.clusterIP, spec.clusterIPs], ['None', ['None']]);
  });
});
