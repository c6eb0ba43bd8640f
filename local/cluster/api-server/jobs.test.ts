import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type Loose, TestServer } from './test-server.ts';

const JOBS = '/apis/batch/v1/namespaces/default/jobs';

suite('jobs', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server[Symbol.asyncDispose]());

  function job(name: string, spec: object = {}, restartPolicy = 'Never'): Loose {
    const template = { spec: { restartPolicy, containers: [{ name: 'main', image: 'example/job:1' }] } };
    return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { template, ...spec } };
  }

  test('get a selector of their own, and defaults', async () => {
    const { code, body } = await server.call('POST', JOBS, job('plain'));
    assert.equal(code, 201);
    const { template, selector, ...rest } = body.spec;
    const { uid } = body.metadata;
    assert.deepEqual(selector, { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } });
    assert.deepEqual(template.metadata.labels, {
      'job-name': 'plain',
      'batch.kubernetes.io/job-name': 'plain',
      'controller-uid': uid,
      'batch.kubernetes.io/controller-uid': uid,
    });
    assert.deepEqual(rest, {
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      manualSelector: false,
      podReplacementPolicy: 'TerminatingOrFailed',
    });
    assert.deepEqual([body.metadata.generation, body.status], [1, {}]);
  });

  test('run to an end, and keep what they run', async () => {
    const { body } = await server.call('POST', JOBS, job('forever', {}, 'Always'));
    assert.match(
      body.message,
      /spec\.template\.spec\.restartPolicy: Required value: valid values: "OnFailure", "Never"$/,
    );
    await server.call('POST', JOBS, job('fixed'));
    const changed = await server.patch(`${JOBS}/fixed`, 'strategic', {
      spec: { template: { spec: { containers: [{ name: 'main', image: 'example/job:2' }] } } },
    });
    assert.equal(changed.code, 422);
    assert.match(changed.body.message, /spec\.template: Invalid value: .*: field is immutable$/s);
    assert.equal((await server.patch(`${JOBS}/fixed`, 'merge', { spec: { suspend: true } })).code, 200);
  });

  test('leave their pods behind when nobody says otherwise, with a warning', async () => {
    await server.call('POST', JOBS, job('old'));
    const { body, warnings } = await server.call('DELETE', `${JOBS}/old`);
    assert.deepEqual(body.metadata.finalizers, ['orphan']);
    assert.match(warnings.join(), /^child pods are preserved by default when jobs are deleted; set propagationPolicy/);
    await server.call('POST', JOBS, job('new'));
    const { warnings: none } = await server.call('DELETE', `${JOBS}/new?propagationPolicy=Background`);
    assert.deepEqual(none, []);
    assert.equal((await server.get(`${JOBS}/new`)).code, 404);
  });

  test('are shown with what they have done', async () => {
    await server.call('POST', JOBS, job('shown', { completions: 3 }));
    const status = { startTime: '2026-01-01T00:00:00Z', completionTime: '2026-01-01T00:01:10Z', succeeded: 3 };
    const conditions = [{ type: 'Complete', status: 'True' }];
    await server.patch(`${JOBS}/shown/status`, 'merge', { status: { ...status, conditions } });
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const response = await server.fetch(`${JOBS}/shown`, { headers: { accept } });
    const table = (await response.json()) as Loose;
    assert.deepEqual(table.rows[0].cells.slice(0, 4), ['shown', 'Complete', '3/3', '70s']);
  });
});

suite('ingresses', () => {
  test('are kept, with the class they are of', async () => {
    await using server = await TestServer.start();
    const group = '/apis/networking.k8s.io/v1';
    const ingressClass = { metadata: { name: 'nginx' }, spec: { controller: 'k8s.io/ingress-nginx' } };
    assert.equal((await server.call('POST', `${group}/ingressclasses`, ingressClass)).code, 201);
    const backend = { service: { name: 'web', port: { name: 'http' } } };
    const rule = (pathType?: string) => ({ host: 'a.example', http: { paths: [{ path: '/', pathType, backend }] } });
    const ingress = (type?: string) => ({
      metadata: { name: 'web' },
      spec: { ingressClassName: 'nginx', rules: [rule(type)] },
    });
    const ingresses = `${group}/namespaces/default/ingresses`;
    const refused = await server.call('POST', ingresses, ingress());
    assert.match(refused.body.message, /paths\[0\]\.pathType: Required value: pathType must be specified$/);
    const { code, body } = await server.call('POST', ingresses, ingress('Prefix'));
    assert.deepEqual([code, body.status], [201, { loadBalancer: {} }]);
  });
});
