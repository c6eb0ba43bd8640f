import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type Loose, pod, TestServer } from '../test-server.ts';

suite('a LimitRange', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server[Symbol.asyncDispose]());

  /** A namespace with this limit, and its pods. */
  async function limited(name: string, limit: object): Promise<string> {
    await server.call('POST', '/api/v1/namespaces', { metadata: { name } });
    await server.call('POST', `/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } });
    const range = { metadata: { name: 'range' }, spec: { limits: [limit] } };
    assert.equal((await server.call('POST', `/api/v1/namespaces/${name}/limitranges`, range)).code, 201);
    return `/api/v1/namespaces/${name}/pods`;
  }
  const asking = (name: string, resources: object): Loose =>
    pod(name, { containers: [{ name: 'c', image: 'x', resources }] });

  test('gives a container the most that is allowed where it asks for nothing', async () => {
    const pods = await limited('most', { type: 'Container', max: { memory: '200Mi' } });
    const { body } = await server.call('POST', pods, asking('a', {}));
    assert.deepEqual(body.spec.containers[0].resources, { limits: { memory: '200Mi' }, requests: { memory: '200Mi' } });
    assert.equal(body.status.qosClass, 'Burstable');
  });

  test('leaves what a container asks for as it is', async () => {
    const pods = await limited('own', { type: 'Container', default: { cpu: '1', memory: '1Gi' } });
    const resources = { limits: { memory: '64Mi' }, requests: { memory: '32Mi' } };
    const { body } = await server.call('POST', pods, asking('a', resources));
    assert.equal(body.spec.containers[0].resources.limits.memory, '64Mi');
    assert.equal(body.spec.containers[0].resources.requests.memory, '32Mi');
    assert.equal(body.spec.containers[0].resources.limits.cpu, '1');
    const set = 'LimitRanger plugin set: cpu request for container c; cpu limit for container c';
    assert.equal(body.metadata.annotations['kubernetes.io/limit-ranger'], set);
  });

  test('refuses what is out of its bounds', async () => {
    const pods = await limited('bounds', { type: 'Container', min: { memory: '32Mi' }, max: { memory: '64Mi' } });
    const message = async (memory: string) =>
      (await server.call('POST', pods, asking('a', { limits: { memory }, requests: { memory } }))).body.message;
    assert.equal(
      await message('128Mi'),
      'pods "a" is forbidden: maximum memory usage per Container is 64Mi, but limit is 128Mi',
    );
    assert.equal(
      await message('16Mi'),
      'pods "a" is forbidden: minimum memory usage per Container is 32Mi, but request is 16Mi',
    );
  });

  test('of type Pod bounds all containers together', async () => {
    const pods = await limited('together', { type: 'Pod', max: { cpu: '1' } });
    const resources = { limits: { cpu: '600m' }, requests: { cpu: '100m' } };
    const containers = ['a', 'b'].map((name) => ({ name, image: 'x', resources }));
    const { code, body } = await server.call('POST', pods, pod('two', { containers }));
    assert.equal(code, 403);
    assert.match(body.message, /maximum cpu usage per Pod is 1, but limit is 1\.2/);
    assert.equal((await server.call('POST', pods, pod('one', { containers: containers.slice(1) }))).code, 201);
  });

  test('bounds how much more a limit may be than its request', async () => {
    const pods = await limited('ratio', { type: 'Container', maxLimitRequestRatio: { memory: '2' } });
    const resources = { limits: { memory: '96Mi' }, requests: { memory: '32Mi' } };
    const { body } = await server.call('POST', pods, asking('a', resources));
    assert.match(body.message, /memory max limit to request ratio per Container is 2, but provided ratio is 3\.000000/);
  });
});
