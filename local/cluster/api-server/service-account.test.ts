import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type Loose, pod, TestServer } from './test-server.ts';

const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

suite('the service account of a pod', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
    for (const [name, more] of [
      ['plain', { imagePullSecrets: [{ name: 'registry' }] }],
      ['shy', { automountServiceAccountToken: false }],
    ] as const) {
      await server.call('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name }, ...more });
    }
  });
  after(() => server[Symbol.asyncDispose]());

  async function created(name: string, spec: object): Promise<Loose> {
    const { code, body } = await server.call('POST', '/api/v1/namespaces/default/pods', pod(name, spec));
    assert.equal(code, 201, JSON.stringify(body));
    return body.spec;
  }

  test('gives it a token, the certificate and its namespace as files', async () => {
    const initContainers = [{ name: 'init', image: 'example/web:1' }];
    const spec = await created('with-token', { serviceAccountName: 'plain', initContainers });
    const [volume] = spec.volumes;
    assert.match(volume.name, /^kube-api-access-[a-z0-9]{5}$/);
    assert.deepEqual(volume.projected, {
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
    });
    const mount = { name: volume.name, mountPath: MOUNT_PATH, readOnly: true };
    assert.deepEqual([spec.containers[0].volumeMounts, spec.initContainers[0].volumeMounts], [[mount], [mount]]);
    assert.deepEqual(spec.imagePullSecrets, [{ name: 'registry' }]);
  });

  test('gives it none where pod or account does not want one; what the pod says counts', async () => {
    const refused = await created('refused', { automountServiceAccountToken: false });
    assert.deepEqual([refused.volumes, refused.containers[0].volumeMounts], [undefined, undefined]);
    assert.equal((await created('shy', { serviceAccountName: 'shy' })).volumes, undefined);
    const asked = await created('asked', { serviceAccountName: 'shy', automountServiceAccountToken: true });
    assert.equal(asked.volumes.length, 1);
  });

  test('leaves a container what it mounts in that place', async () => {
    const volumeMounts = [{ name: 'mine', mountPath: MOUNT_PATH }];
    const containers = [{ name: 'main', image: 'example/web:1', volumeMounts }];
    const spec = await created('own', { containers, volumes: [{ name: 'mine', emptyDir: {} }] });
    assert.deepEqual(
      spec.volumes.map((volume: Loose) => volume.name),
      ['mine'],
    );
  });
});
