import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { configMap, deployment, pod, TestServer } from './test-server.ts';

suite('deletion over HTTP', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server[Symbol.asyncDispose]());

  const configMaps = '/api/v1/namespaces/default/configmaps';
  const pods = '/api/v1/namespaces/default/pods';
  const deployments = '/apis/apps/v1/namespaces/default/deployments';

  test('removes at once what nothing holds', async () => {
    const { body } = await server.call('POST', configMaps, configMap('plain'));
    const deleted = await server.call('DELETE', `${configMaps}/plain`);
    assert.equal(deleted.body.status, 'Success');
    assert.deepEqual(deleted.body.details, { name: 'plain', kind: 'configmaps', uid: body.metadata.uid });
    assert.equal((await server.get(`${configMaps}/plain`)).code, 404);
  });

  test('waits for finalizers, and goes with the last of them', async () => {
    const object = configMap('held');
    object.metadata.finalizers = ['example.org/one'];
    await server.call('POST', configMaps, object);
    const marked = await server.call('DELETE', `${configMaps}/held`);
    assert.ok(marked.body.metadata.deletionTimestamp);
    assert.equal(marked.body.metadata.deletionGracePeriodSeconds, 0);
    const more = await server.patch(`${configMaps}/held`, 'merge', {
      metadata: { finalizers: ['example.org/one', 'example.org/two'] },
    });
    assert.equal(more.code, 422);
    assert.match(more.body.message, /no new finalizers can be added if the object is being deleted/);
    await server.patch(`${configMaps}/held`, 'merge', { metadata: { finalizers: null } });
    assert.equal((await server.get(`${configMaps}/held`)).code, 404);
  });

  test('lets a running pod have its grace period', async () => {
    await server.call('POST', pods, pod('graceful', { nodeName: 'node', terminationGracePeriodSeconds: 20 }));
    const first = await server.call('DELETE', `${pods}/graceful`);
    assert.equal(first.body.metadata.deletionGracePeriodSeconds, 20);
    assert.equal(first.body.metadata.generation, 2);
    const again = await server.call('DELETE', `${pods}/graceful`);
    assert.equal(again.body.metadata.resourceVersion, first.body.metadata.resourceVersion);
    const sooner = await server.call('DELETE', `${pods}/graceful?gracePeriodSeconds=5`);
    assert.equal(sooner.body.metadata.deletionGracePeriodSeconds, 5);
    await server.call('DELETE', `${pods}/graceful`, { gracePeriodSeconds: 0 });
    assert.equal((await server.get(`${pods}/graceful`)).code, 404);
  });

  test('does not wait for a pod that no node has', async () => {
    await server.call('POST', pods, pod('pending'));
    await server.call('DELETE', `${pods}/pending`);
    assert.equal((await server.get(`${pods}/pending`)).code, 404);
  });

  test('deletes no other object than the one that was meant', async () => {
    const { body } = await server.call('POST', configMaps, configMap('meant'));
    const wrong = await server.call('DELETE', `${configMaps}/meant`, { preconditions: { uid: 'other' } });
    assert.equal(wrong.code, 409);
    assert.equal(wrong.body.reason, 'Conflict');
    const right = await server.call('DELETE', `${configMaps}/meant`, { preconditions: { uid: body.metadata.uid } });
    assert.equal(right.code, 200);
  });

  test('leaves dependents to the collector, as the policy says', async () => {
    for (const [policy, finalizer] of [
      ['Foreground', 'foregroundDeletion'],
      ['Orphan', 'orphan'],
    ] as const) {
      const name = policy.toLowerCase();
      await server.call('POST', deployments, deployment(name));
      const { body } = await server.call('DELETE', `${deployments}/${name}`, { propagationPolicy: policy });
      assert.deepEqual(body.metadata.finalizers, [finalizer]);
      assert.equal(body.metadata.generation, 2);
    }
  });

  test('deletes a collection by its labels', async () => {
    await server.call('POST', configMaps, configMap('many-1', {}, { group: 'many' }));
    await server.call('POST', configMaps, configMap('many-2', {}, { group: 'many' }));
    const { body } = await server.call('DELETE', `${configMaps}?labelSelector=group%3Dmany`);
    assert.equal(body.items.length, 2);
    assert.equal((await server.get(`${configMaps}?labelSelector=group%3Dmany`)).body.items.length, 0);
  });

  test('empties a namespace before it goes, and lets nothing new in', async () => {
    await server.call('POST', '/api/v1/namespaces', { metadata: { name: 'leaving' } });
    const object = configMap('last');
    object.metadata.finalizers = ['example.org/wait'];
    await server.call('POST', '/api/v1/namespaces/leaving/configmaps', object);
    await server.call('POST', '/api/v1/namespaces/leaving/configmaps', configMap('other'));
    const { body } = await server.call('DELETE', '/api/v1/namespaces/leaving');
    assert.equal(body.status.phase, 'Terminating');
    assert.equal((await server.get('/api/v1/namespaces/leaving/configmaps/other')).code, 404);
    const late = await server.call('POST', '/api/v1/namespaces/leaving/configmaps', configMap('late'));
    assert.equal(late.code, 403);
    assert.equal(late.body.details.causes[0].reason, 'NamespaceTerminating');
    await server.patch('/api/v1/namespaces/leaving/configmaps/last', 'merge', { metadata: { finalizers: null } });
    assert.equal((await server.get('/api/v1/namespaces/leaving')).code, 404);
  });

  test('keeps the namespace that everything begins in', async () => {
    const { code, body } = await server.call('DELETE', '/api/v1/namespaces/default');
    assert.equal(code, 403);
    assert.equal(body.message, 'namespaces "default" is forbidden: this namespace may not be deleted');
  });

  test('evicts a pod unless a budget forbids it', async () => {
    await server.call('POST', pods, pod('guarded', { nodeName: 'node' }));
    await server.patch(`${pods}/guarded/status`, 'merge', { status: { phase: 'Running' } });
    await server.call('POST', '/apis/policy/v1/namespaces/default/poddisruptionbudgets', {
      metadata: { name: 'guard' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'guarded' } } },
    });
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'guarded' } };
    const refused = await server.call('POST', `${pods}/guarded/eviction`, eviction);
    assert.equal(refused.code, 429);
    assert.equal(refused.body.details.causes[0].reason, 'DisruptionBudget');
    await server.call('DELETE', '/apis/policy/v1/namespaces/default/poddisruptionbudgets/guard');
    assert.equal((await server.call('POST', `${pods}/guarded/eviction`, eviction)).code, 201);
    assert.ok((await server.get(`${pods}/guarded`)).body.metadata.deletionTimestamp);
  });
});
