import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { configMap, type Loose, NOBODY, TestServer, take } from '../test-server.ts';

suite('the audit log', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server[Symbol.asyncDispose]());

  const configMaps = '/api/v1/namespaces/default/configmaps';

  async function eventsOf(uri: string): Promise<Loose[]> {
    return (await server.audit()).filter(({ requestURI }) => requestURI === uri);
  }

  test('tells of a request before its answer is there', async () => {
    const response = await server.fetch(`${configMaps}?fieldManager=me`, {
      method: 'POST',
      headers: { 'user-agent': 'a-test', 'content-type': 'application/json' },
      body: JSON.stringify(configMap('audited')),
    });
    const [event, ...more] = await eventsOf(`${configMaps}?fieldManager=me`);
    assert.deepEqual(more, []);
    const { requestReceivedTimestamp, stageTimestamp, auditID, ...rest } = event;
    assert.match(requestReceivedTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    assert.ok(stageTimestamp >= requestReceivedTimestamp);
    assert.equal(response.headers.get('audit-id'), auditID);
    assert.deepEqual(rest, {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      stage: 'ResponseComplete',
      requestURI: `${configMaps}?fieldManager=me`,
      verb: 'create',
      user: { username: 'tester', uid: '1', groups: ['system:masters', 'system:authenticated'] },
      sourceIPs: ['127.0.0.1'],
      userAgent: 'a-test',
      objectRef: { resource: 'configmaps', namespace: 'default', apiVersion: 'v1' },
      responseStatus: { metadata: {}, code: 201 },
      annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
    });
  });

  test('says what was refused, and why', async () => {
    const path = '/apis/apps/v1/namespaces/default/deployments/d/scale';
    await server.patch(path, 'merge', {}, NOBODY);
    const [event] = await eventsOf(path);
    assert.equal(event.verb, 'patch');
    assert.deepEqual(event.objectRef, {
      resource: 'deployments',
      namespace: 'default',
      name: 'd',
      apiGroup: 'apps',
      apiVersion: 'v1',
      subresource: 'scale',
    });
    const { code, reason, status } = event.responseStatus;
    assert.deepEqual({ code, reason, status }, { code: 403, reason: 'Forbidden', status: 'Failure' });
    assert.equal(event.annotations['authorization.k8s.io/decision'], 'forbid');
  });

  test('names the role that allowed a request', async () => {
    await server.get('/apis', NOBODY);
    const events = await eventsOf('/apis');
    const reason = events.at(-1).annotations['authorization.k8s.io/reason'];
    assert.equal(
      reason,
      'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated"',
    );
  });

  test('tells of a token that is none', async () => {
    await server.get('/api/v1/nodes', 'no-such-token');
    const [event] = await eventsOf('/api/v1/nodes');
    assert.deepEqual(event.user, { username: '' });
    assert.equal(event.responseStatus.code, 401);
  });

  test('tells of a watch when it starts, and again when it is over', async () => {
    const path = `${configMaps}?watch=true`;
    const stop = new AbortController();
    const events = server.watch(path, stop.signal);
    await take(events, 1);
    const [started, ...more] = await eventsOf(path);
    assert.deepEqual(more, []);
    assert.deepEqual([started.stage, started.verb, started.responseStatus.code], ['ResponseStarted', 'watch', 200]);
    stop.abort();
    await events.next().catch(() => undefined);
    while ((await eventsOf(path)).length < 2) await server.get('/readyz');
    const [, completed] = await eventsOf(path);
    assert.deepEqual([completed.stage, completed.auditID], ['ResponseComplete', started.auditID]);
  });
});
