import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type KubeObject, PODS, type Resource } from '#platform/kube/resources.ts';
import { SERVICE_ACCOUNTS } from '../../../local/cluster/controllers/kinds.ts';
import { aContainer, startCluster, TestNamespace, until } from './fixtures.ts';
import type { TestCluster } from './programs.ts';

const RBAC = { group: 'rbac.authorization.k8s.io', version: 'v1', namespaced: true };
const ROLES: Resource<KubeObject & { rules: object[] }> = { ...RBAC, plural: 'roles', kind: 'Role' };
const ROLE_BINDINGS: Resource<KubeObject & { subjects: object[]; roleRef: object }> = {
  ...RBAC,
  plural: 'rolebindings',
  kind: 'RoleBinding',
};

let cluster: TestCluster;
before(async () => {
  cluster = await startCluster();
});
after(async () => await cluster[Symbol.asyncDispose]());

/** What a pod of this account is answered when it asks for `path`, in which its namespace may stand. */
async function asking(ns: TestNamespace, serviceAccountName: string, path: string): Promise<string> {
  const command = ['node', join(import.meta.dirname, 'account.mjs'), path];
  const containers = [aContainer({ image: 'web', command })];
  const name = `asks-${Math.random().toString(36).slice(2, 8)}`;
  await ns.createPod(name, {
    automountServiceAccountToken: true,
    restartPolicy: 'Never',
    serviceAccountName,
    containers,
  });
  await until(async () => ['Succeeded', 'Failed'].includes((await ns.pod(name)).status?.phase ?? ''));
  return await ns.log(name);
}

test('a pod asks the API server as its service account, and gets what its roles allow', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const { name: namespace, signal } = ns;
  const { kube } = cluster;
  const metadata = { namespace, name: 'reader' };
  await kube.create(SERVICE_ACCOUNTS, { metadata }, { signal });
  const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }];
  await kube.create(ROLES, { metadata, rules }, { signal });
  const subjects = [{ kind: 'ServiceAccount', name: 'reader', namespace }];
  const roleRef = { apiGroup: RBAC.group, kind: 'Role', name: 'reader' };
  await kube.create(ROLE_BINDINGS, { metadata, subjects, roleRef }, { signal });
  const pods = '/api/v1/namespaces/{namespace}/pods';
  assert.match(await asking(ns, 'reader', pods), /^200 .*"PodList"/);
  assert.match(await asking(ns, 'reader', '/api/v1/namespaces/{namespace}/secrets'), /^403 /);
  const refused = await asking(ns, 'default', pods);
  assert.match(refused, /^403 /);
  assert.match(refused, new RegExp(`system:serviceaccount:${namespace}:default`));
});

test('a token is given to its pod alone', async (t) => {
  const ns = await TestNamespace.create(t, cluster);
  const { name: namespace, signal } = ns;
  const script = 'cat /var/run/secrets/kubernetes.io/serviceaccount/token; exec sleep 600';
  const containers = [aContainer({ args: [script] })];
  await ns.createPod('holder', { automountServiceAccountToken: true, containers });
  const token = await until(async () => (await ns.log('holder').catch(() => '')) || undefined);
  const [, payload = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  const { pod } = claims['kubernetes.io'];
  assert.deepEqual(pod, { name: 'holder', uid: (await ns.pod('holder')).metadata?.uid });
  await cluster.kube.delete(PODS, { namespace, name: 'holder' }, { signal, gracePeriodSeconds: 0 });
});
