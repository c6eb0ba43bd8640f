import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Loose } from './test-server.ts';
import { deployment, TestServer } from './test-server.ts';

suite('server-side apply and scale over HTTP', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server[Symbol.asyncDispose]());

  const deployments = '/apis/apps/v1/namespaces/default/deployments';
  const scale = (name: string, replicas: number) => ({
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name },
    spec: { replicas },
  });
  const apply = (name: string, object: Loose, manager: string, query = '') =>
    server.patch(`${deployments}/${name}?fieldManager=${manager}${query}`, 'apply', object);
  const writers = (object: Loose) =>
    object.metadata.managedFields.map(({ manager, operation, subresource }: Loose) =>
      [manager, operation, subresource].filter((part) => part !== undefined).join(' '),
    );

  test('creates, and then leaves what others own alone', async () => {
    const created = await apply('owned', deployment('owned', 2), 'first');
    assert.equal(created.code, 201);
    const clash = await apply('owned', deployment('owned', 5), 'second');
    assert.equal(clash.code, 409);
    assert.equal(clash.body.reason, 'Conflict');
    assert.deepEqual(clash.body.details.causes, [
      { reason: 'FieldManagerConflict', message: 'conflict with "first"', field: '.spec.replicas' },
    ]);
    const forced = await apply('owned', deployment('owned', 5), 'second', '&force=true');
    assert.equal(forced.body.spec.replicas, 5);
  });

  test('hands the number of replicas over to whoever applies the scale', async () => {
    await apply('handed', deployment('handed', 0), 'operator');
    const taken = await server.patch(
      `${deployments}/handed/scale?fieldManager=scaler&force=true`,
      'apply',
      scale('handed', 3),
    );
    assert.equal(taken.body.spec.replicas, 3);
    const kept = await apply('handed', deployment('handed'), 'operator');
    assert.equal(kept.body.spec.replicas, 3);
    assert.deepEqual(writers(kept.body).sort(), ['operator Apply', 'scaler Apply scale']);
  });

  test('does not write what is there already', async () => {
    const first = await apply('still', deployment('still', 1), 'operator');
    const second = await apply('still', deployment('still', 1), 'operator');
    assert.equal(second.body.metadata.resourceVersion, first.body.metadata.resourceVersion);
  });

  test('asks who applies', async () => {
    const { code, body } = await server.patch(`${deployments}/anonymous`, 'apply', deployment('anonymous'));
    assert.equal(code, 422);
    assert.match(body.message, /fieldManager: Required value: is required for apply patch$/);
  });

  test('refuses to scale what has changed since', async () => {
    await server.call('POST', deployments, deployment('scaled', 1));
    const { body } = await server.get(`${deployments}/scaled/scale`);
    assert.equal(body.kind, 'Scale');
    assert.equal(body.status.selector, 'app=scaled');
    const first = await server.call('PUT', `${deployments}/scaled/scale`, { ...body, spec: { replicas: 2 } });
    assert.equal(first.code, 200);
    assert.ok(Number(first.body.metadata.resourceVersion) > Number(body.metadata.resourceVersion));
    const late = await server.call('PUT', `${deployments}/scaled/scale`, { ...body, spec: { replicas: 0 } });
    assert.equal(late.code, 409);
    assert.match(late.body.message, /^Operation cannot be fulfilled on deployments.apps "scaled": the object has been/);
    const stale = { metadata: { resourceVersion: body.metadata.resourceVersion }, spec: { replicas: 0 } };
    assert.equal((await server.patch(`${deployments}/scaled/scale`, 'merge', stale)).code, 409);
    assert.equal((await server.get(`${deployments}/scaled`)).body.spec.replicas, 2);
  });

  test('writes nothing for a scale to what is there', async () => {
    const { body } = await server.call('POST', deployments, deployment('level', 2));
    await server.patch(`${deployments}/level/scale`, 'merge', { spec: { replicas: 2 } });
    assert.equal(
      (await server.get(`${deployments}/level`)).body.metadata.resourceVersion,
      body.metadata.resourceVersion,
    );
  });

  test('applies status under its own name', async () => {
    await apply('told', deployment('told', 1), 'operator');
    const status = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'told' }, status: { replicas: 1 } };
    const { body } = await server.patch(`${deployments}/told/status?fieldManager=reporter`, 'apply', status);
    assert.equal(body.status.replicas, 1);
    assert.deepEqual(writers(body).sort(), ['operator Apply', 'reporter Apply status']);
  });
});
