import assert from 'node:assert/strict';
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { after, before, suite, test } from 'node:test';
import { configMap, deployment, pod, TestServer, TOKEN } from './test-server.ts';

suite('objects over HTTP', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server[Symbol.asyncDispose]());

  const configMaps = '/api/v1/namespaces/default/configmaps';
  const deployments = '/apis/apps/v1/namespaces/default/deployments';

  test('asks who calls', async () => {
    const { code, body } = await server.get('/api/v1/pods', 'no-such-token');
    assert.equal(code, 401);
    assert.equal(body.reason, 'Unauthorized');
  });

  test('gives a new object its identity', async () => {
    const { code, body } = await server.call('POST', configMaps, configMap('identity', { a: 'b' }));
    assert.equal(code, 201);
    assert.match(body.metadata.uid, /^[0-9a-f-]{36}$/);
    assert.match(body.metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.match(body.metadata.resourceVersion, /^\d+$/);
    assert.equal(body.metadata.namespace, 'default');
    assert.deepEqual((await server.get(`${configMaps}/identity`)).body, body);
  });

  test('does not create what is there', async () => {
    await server.call('POST', configMaps, configMap('twice'));
    const { code, body } = await server.call('POST', configMaps, configMap('twice'));
    assert.equal(code, 409);
    assert.equal(body.reason, 'AlreadyExists');
    assert.equal(body.message, 'configmaps "twice" already exists');
    assert.deepEqual(body.details, { name: 'twice', kind: 'configmaps' });
  });

  test('makes a name from a prefix', async () => {
    const object = { ...configMap(''), metadata: { generateName: 'made-' } };
    const { body } = await server.call('POST', configMaps, object);
    assert.match(body.metadata.name, /^made-[a-z0-9]{5}$/);
  });

  test('says which object is missing', async () => {
    const { code, body } = await server.get(`${deployments}/nobody`);
    assert.equal(code, 404);
    assert.equal(body.message, 'deployments.apps "nobody" not found');
    assert.deepEqual(body.details, { name: 'nobody', group: 'apps', kind: 'deployments' });
  });

  test('creates nothing in a namespace that is not there', async () => {
    const { code, body } = await server.call('POST', '/api/v1/namespaces/nowhere/configmaps', configMap('a'));
    assert.equal(code, 404);
    assert.equal(body.message, 'namespaces "nowhere" not found');
    assert.equal(body.details.kind, 'namespaces');
  });

  test('refuses a write of an old state', async () => {
    const { body } = await server.call('POST', configMaps, configMap('stale', { a: '1' }));
    await server.call('PUT', `${configMaps}/stale`, { ...body, data: { a: '2' } });
    const late = await server.call('PUT', `${configMaps}/stale`, { ...body, data: { a: '3' } });
    assert.equal(late.code, 409);
    assert.equal(
      late.body.message,
      'Operation cannot be fulfilled on configmaps "stale": the object has been modified; please apply your changes to the latest version and try again',
    );
    assert.equal((await server.get(`${configMaps}/stale`)).body.data.a, '2');
  });

  test('does not write what changes nothing', async () => {
    const { body } = await server.call('POST', configMaps, configMap('same', { a: '1' }));
    const again = await server.patch(`${configMaps}/same`, 'merge', { data: { a: '1' } });
    assert.equal(again.body.metadata.resourceVersion, body.metadata.resourceVersion);
  });

  test('fills in a deployment as it goes', async () => {
    const { body } = await server.call('POST', deployments, deployment('full'));
    assert.equal(body.spec.replicas, 1);
    assert.equal(body.spec.strategy.rollingUpdate.maxSurge, '25%');
    assert.equal(body.spec.progressDeadlineSeconds, 600);
    assert.equal(body.spec.template.spec.terminationGracePeriodSeconds, 30);
    assert.equal(body.spec.template.spec.containers[0].imagePullPolicy, 'IfNotPresent');
    assert.deepEqual(body.status, {});
  });

  test('counts changes of the spec, not of labels or status', async () => {
    await server.call('POST', deployments, deployment('counted'));
    const path = `${deployments}/counted`;
    const labelled = await server.patch(path, 'merge', { metadata: { labels: { a: 'b' } } });
    assert.equal(labelled.body.metadata.generation, 1);
    const status = await server.patch(`${path}/status`, 'merge', { status: { replicas: 3 }, spec: { replicas: 9 } });
    assert.equal(status.body.metadata.generation, 1);
    assert.equal(status.body.status.replicas, 3);
    assert.equal(status.body.spec.replicas, 1);
    const scaled = await server.patch(path, 'strategic', { spec: { replicas: 2 }, status: { replicas: 7 } });
    assert.equal(scaled.body.metadata.generation, 2);
    assert.equal(scaled.body.status.replicas, 3);
  });

  test('keeps the selector of a deployment', async () => {
    await server.call('POST', deployments, deployment('fixed'));
    const { code, body } = await server.patch(`${deployments}/fixed`, 'merge', {
      spec: { selector: { matchLabels: { app: 'other' } }, template: { metadata: { labels: { app: 'other' } } } },
    });
    assert.equal(code, 422);
    assert.equal(body.reason, 'Invalid');
    assert.match(body.message, /^Deployment.apps "fixed" is invalid: spec.selector: Invalid value: /);
    assert.match(body.details.causes[0].message, /field is immutable/);
  });

  test('keeps an immutable ConfigMap as it is', async () => {
    await server.call('POST', configMaps, { ...configMap('frozen', { a: '1' }), immutable: true });
    const { code, body } = await server.patch(`${configMaps}/frozen`, 'merge', { data: { a: '2' } });
    assert.equal(code, 422);
    assert.equal(
      body.message,
      'ConfigMap "frozen" is invalid: data: Forbidden: field is immutable when `immutable` is set',
    );
  });

  test('warns of fields it does not know, and refuses them when asked to', async () => {
    const object = { ...configMap('unknown'), datum: {} };
    const strict = await server.call('POST', `${configMaps}?fieldValidation=Strict`, object);
    assert.equal(strict.code, 400);
    assert.match(strict.body.message, /strict decoding error: unknown field "datum"/);
    const warned = await server.call('POST', `${configMaps}?fieldValidation=Warn`, object);
    assert.deepEqual(warned.warnings, ['unknown field "datum"']);
    assert.equal(warned.body.datum, undefined);
  });

  test('stores nothing in a dry run', async () => {
    const { code } = await server.call('POST', `${configMaps}?dryRun=All`, configMap('dry'));
    assert.equal(code, 201);
    assert.equal((await server.get(`${configMaps}/dry`)).code, 404);
  });

  test('gives a service an address that no other has', async () => {
    const services = '/api/v1/namespaces/default/services';
    const service = (name: string) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { ports: [{ port: 80 }] },
    });
    const first = await server.call('POST', services, service('first'));
    const second = await server.call('POST', services, service('second'));
    assert.match(first.body.spec.clusterIP, /^127\.0\.\d+\.\d+$/);
    assert.notEqual(first.body.spec.clusterIP, second.body.spec.clusterIP);
    const named = await server.call('POST', services, {
      ...service('named'),
      spec: { type: 'ExternalName', externalName: 'gateway.example.org' },
    });
    assert.equal(named.body.spec.clusterIP, undefined);
  });

  test('does not let more pods in than the quota has room for', async () => {
    await server.call('POST', '/api/v1/namespaces', { metadata: { name: 'tight' } });
    await server.call('POST', '/api/v1/namespaces/tight/resourcequotas', {
      metadata: { name: 'few' },
      spec: { hard: { pods: '1' } },
    });
    const pods = '/api/v1/namespaces/tight/pods';
    assert.equal((await server.call('POST', pods, pod('one'))).code, 201);
    const { code, body } = await server.call('POST', pods, pod('two'));
    assert.equal(code, 403);
    assert.equal(
      body.message,
      'pods "two" is forbidden: exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1',
    );
  });

  test('serves events in both of their versions', async () => {
    const namespace = '/namespaces/default/events';
    const event = {
      metadata: { name: 'seen' },
      involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
      reason: 'Seen',
      message: 'was seen',
      type: 'Normal',
    };
    await server.call('POST', `/api/v1${namespace}`, event);
    const { body } = await server.get(`/apis/events.k8s.io/v1${namespace}/seen`);
    assert.equal(body.apiVersion, 'events.k8s.io/v1');
    assert.equal(body.note, 'was seen');
    assert.equal(body.regarding.name, 'p');
    const selected = await server.get(`/api/v1${namespace}?fieldSelector=involvedObject.name=p,reason=Seen`);
    assert.equal(selected.body.items.length, 1);
  });

  test('answers what kubectl asks for a table of', async () => {
    await server.call('POST', deployments, deployment('shown', 2));
    const response = await server.fetch(`${deployments}?fieldSelector=metadata.name=shown`, {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' },
    });
    const table = (await response.json()) as { kind: string; rows: { cells: unknown[] }[] };
    assert.equal(table.kind, 'Table');
    assert.deepEqual(table.rows[0]?.cells.slice(0, 4), ['shown', '0/2', 0, 0]);
  });

  test('is reached over TLS by those who trust its certificate', async () => {
    const [host = '', port = ''] = server.authority.split(':');
    const headers = { authorization: `Bearer ${TOKEN}` };
    const options = { host, port: Number(port), path: '/api/v1/namespaces/default', headers };
    const status = (ca: string | undefined) =>
      new Promise<number | undefined>((resolve, reject) => {
        const trusting = ca === undefined ? options : { ...options, ca };
        const asked = secureRequest(trusting, (response) => resolve(response.resume().statusCode));
        asked.once('error', reject).end();
      });
    assert.equal(await status(server.certificate.cert), 200);
    await assert.rejects(status(undefined), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  });

  test('outlives requests that make no sense', async () => {
    for (const path of ['//', '/%', '/api/v1/namespaces/%zz/pods', '/api/v1/namespaces/default/pods?labelSelector=%']) {
      const code = await rawStatus(server.authority, path);
      assert.ok(code >= 200 && code < 500, `${path}: ${code}`);
    }
    assert.equal((await server.get('/readyz')).code, 200);
  });
});

/** The status of a GET whose path goes out as it is written. */
function rawStatus(authority: string, path: string): Promise<number> {
  const [host = '', port = ''] = authority.split(':');
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    request({ host, port: Number(port), path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .once('error', reject)
      .end();
  });
}
