import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { User } from '../auth/users.ts';
import { configMap, deployment, type Loose, NOBODY, TestServer, TOKEN } from '../test-server.ts';
import { attributesOf } from './attributes.ts';
import { type PolicyRule, ruleAllows } from './rule.ts';

function asked(method: string, path: string) {
  const url = new URL(path, 'http://localhost');
  return attributesOf({
    method,
    path: url.pathname,
    query: url.searchParams,
    request: url.pathname.startsWith('/api')
      ? { group: '', version: 'v1', plural: 'pods', namespace: 'a', name: '', subresource: '', rest: '' }
      : undefined,
  });
}

test('what is done with a collection follows from the method and the query', () => {
  const verbs = [
    ['GET', '/api?limit=1'],
    ['GET', '/api?watch=false'],
    ['GET', '/api?watch=true'],
    ['GET', '/api?watch=1'],
    ['POST', '/api'],
    ['DELETE', '/api'],
    ['GET', '/healthz'],
  ].map(([method = '', path = '']) => asked(method, path).verb);
  assert.deepEqual(verbs, ['list', 'list', 'watch', 'watch', 'create', 'deletecollection', 'get']);
});

test('a list of one name is about that name', () => {
  const name = (selector: string) => (asked('GET', `/api?fieldSelector=${selector}`) as { name: string }).name;
  assert.equal(name('metadata.name%3Dx'), 'x');
  assert.equal(name('status.phase%3DRunning%2Cmetadata.name%3D%3Dy'), 'y');
  assert.equal(name('metadata.name!%3Dx'), '');
});

suite('a rule', () => {
  const on = (resource: string, subresource = '', name = '') =>
    ({ verb: 'get', group: 'apps', version: 'v1', resource, subresource, namespace: 'a', name }) as const;
  const rule = (...resources: string[]): PolicyRule => ({ verbs: ['get'], apiGroups: ['apps'], resources });

  test('of a resource is none of its subresources, and the other way round', () => {
    assert.equal(ruleAllows(rule('deployments'), on('deployments')), true);
    assert.equal(ruleAllows(rule('deployments'), on('deployments', 'scale')), false);
    assert.equal(ruleAllows(rule('deployments/scale'), on('deployments', 'scale')), true);
    assert.equal(ruleAllows(rule('deployments/scale'), on('deployments')), false);
    assert.equal(ruleAllows(rule('deployments/*'), on('deployments', 'scale')), false);
    assert.equal(ruleAllows(rule('*/scale'), on('replicasets', 'scale')), true);
    assert.equal(ruleAllows(rule('*'), on('replicasets', 'scale')), true);
  });

  test('with names is about no collection', () => {
    const named = { ...rule('deployments'), resourceNames: ['x'] };
    assert.deepEqual(
      ['x', 'y', ''].map((name) => ruleAllows(named, on('deployments', '', name))),
      [true, false, false],
    );
  });

  test('of paths takes a star at the end', () => {
    const paths = { verbs: ['get'], nonResourceURLs: ['/api/*', '/version'] };
    const allows = (path: string) => ruleAllows(paths, { verb: 'get', path });
    assert.deepEqual(['/api/v1', '/api', '/version', '/versions'].map(allows), [true, false, true, false]);
    assert.equal(ruleAllows({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, { verb: 'get', path: '/' }), false);
  });
});

suite('roles over HTTP', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server[Symbol.asyncDispose]());

  const RBAC = '/apis/rbac.authorization.k8s.io/v1';
  const deployments = '/apis/apps/v1/namespaces/default/deployments';
  const configMaps = '/api/v1/namespaces/default/configmaps';

  test('whoever has no role is told what he cannot do', async () => {
    const reply = await server.get('/apis/apps/v1/deployments', NOBODY);
    assert.equal(reply.code, 403);
    assert.equal(
      reply.body.message,
      'deployments.apps is forbidden: User "nobody" cannot list resource "deployments" in API group "apps" at the cluster scope',
    );
    assert.deepEqual(reply.body.details, { group: 'apps', kind: 'deployments' });
    const scale = await server.patch(`${deployments}/x/scale`, 'merge', {}, NOBODY);
    assert.equal(
      scale.body.message,
      'deployments.apps "x" is forbidden: User "nobody" cannot patch resource "deployments/scale" in API group "apps" in the namespace "default"',
    );
    const root = await server.get('/', NOBODY);
    assert.equal(root.body.message, 'forbidden: User "nobody" cannot get path "/"');
  });

  test('whoever has a token finds out what is served; whoever has none, that the server is there', async () => {
    assert.equal((await server.get('/apis', NOBODY)).code, 200);
    const anonymous = (path: string) => fetch(`http://${server.authority}${path}`);
    assert.equal((await anonymous('/readyz')).status, 200);
    assert.equal((await anonymous('/version')).status, 200);
    const refused = await anonymous('/api/v1/pods');
    assert.equal(refused.status, 403);
    assert.match(((await refused.json()) as { message: string }).message, /User "system:anonymous" cannot list/);
  });

  test('a change of a role counts at once', async () => {
    const token = await server.account('reader', [{ verbs: ['list'], apiGroups: [''], resources: ['configmaps'] }]);
    assert.equal((await server.get(configMaps, token)).code, 200);
    assert.equal((await server.get(`${configMaps}/kube-root-ca.crt`, token)).code, 403);
    const rules = [{ verbs: ['get'], apiGroups: [''], resources: ['configmaps'] }];
    await server.patch(`${RBAC}/clusterroles/reader`, 'merge', { rules });
    assert.equal((await server.get(configMaps, token)).code, 403);
    assert.equal((await server.get(`${configMaps}/kube-root-ca.crt`, token)).code, 200);
    await server.call('DELETE', `${RBAC}/clusterroles/reader`);
    const { body } = await server.get(`${configMaps}/kube-root-ca.crt`, token);
    assert.match(body.message, /: RBAC: clusterrole.rbac.authorization.k8s.io "reader" not found$/);
  });

  test('a role in a namespace holds there alone', async () => {
    const roles = `${RBAC}/namespaces/default`;
    const token = await server.account('local', []);
    await server.call('POST', `${roles}/roles`, {
      metadata: { name: 'local' },
      rules: [{ verbs: ['list'], apiGroups: [''], resources: ['pods'] }],
    });
    await server.call('POST', `${roles}/rolebindings`, {
      metadata: { name: 'local' },
      subjects: [{ kind: 'ServiceAccount', name: 'local' }],
      roleRef: { kind: 'Role', name: 'local' },
    });
    assert.equal((await server.get('/api/v1/namespaces/default/pods', token)).code, 200);
    assert.equal((await server.get('/api/v1/namespaces/kube-system/pods', token)).code, 403);
    assert.equal((await server.get('/api/v1/pods', token)).code, 403);
  });

  test('to apply what is not there takes the right to create it, too', async () => {
    const patching = [{ verbs: ['patch'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['mine'] }];
    const token = await server.account('applier', patching);
    const mine = `${configMaps}/mine?fieldManager=m`;
    const refused = await server.patch(mine, 'apply', configMap('mine'), token);
    assert.equal(refused.code, 403);
    assert.match(refused.body.message, /^configmaps "mine" is forbidden: User "\S+:applier" cannot create resource/);
    const both = [{ ...patching[0], verbs: ['patch', 'create'] }];
    await server.patch(`${RBAC}/clusterroles/applier`, 'merge', { rules: both });
    assert.equal((await server.patch(mine, 'apply', configMap('mine'), token)).code, 201);
    await server.patch(`${RBAC}/clusterroles/applier`, 'merge', { rules: patching });
    assert.equal((await server.patch(mine, 'apply', configMap('mine', { a: '1' }), token)).code, 200);
  });

  test('a role sums up those it asks for', async () => {
    await server.account('editor', []);
    await server.call('POST', `${RBAC}/clusterrolebindings`, {
      metadata: { name: 'editor-edits' },
      subjects: [{ kind: 'User', name: 'nobody' }],
      roleRef: { kind: 'ClusterRole', name: 'edit' },
    });
    assert.equal((await server.call('POST', deployments, deployment('d'), undefined, NOBODY)).code, 201);
    const things = '/apis/example.org/v1/namespaces/default/things';
    assert.equal((await server.get(things, NOBODY)).code, 403);
    await server.call('POST', `${RBAC}/clusterroles`, {
      metadata: { name: 'things', labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
      rules: [{ verbs: ['list'], apiGroups: ['example.org'], resources: ['things'] }],
    });
    assert.equal((await server.get(things, NOBODY)).code, 404);
    await server.call('DELETE', `${RBAC}/clusterrolebindings/editor-edits`);
  });

  test('what a binding binds to stays', async () => {
    await server.account('bound', []);
    const roleRef = { kind: 'ClusterRole', name: 'cluster-admin' };
    const { code, body } = await server.patch(`${RBAC}/clusterrolebindings/bound`, 'merge', { roleRef });
    assert.equal(code, 422);
    assert.match(body.message, /roleRef: Invalid value: .*: cannot change roleRef$/);
    const rules = [{ verbs: [], apiGroups: ['apps'] }];
    const bad = await server.call('POST', `${RBAC}/clusterroles`, { metadata: { name: 'bad' }, rules });
    const causes = bad.body.details.causes.map(({ field }: { field: string }) => field);
    assert.deepEqual(causes, ['rules[0].verbs', 'rules[0].resources']);
  });

  test('reviews say what is allowed', async () => {
    const token = await server.account('asker', [{ verbs: ['get'], apiGroups: ['apps'], resources: ['deployments'] }]);
    const reviews = '/apis/authorization.k8s.io/v1';
    const review = async (kind: string, spec: object, by = token): Promise<Loose> =>
      (await server.call('POST', `${reviews}/${kind}`, { spec }, undefined, by)).body;
    const may = (verb: string) => ({ resourceAttributes: { verb, group: 'apps', resource: 'deployments' } });
    const own = await review('selfsubjectaccessreviews', may('get'));
    assert.equal(own.status.allowed, true);
    assert.match(own.status.reason, /^RBAC: allowed by ClusterRoleBinding "asker" of ClusterRole "asker" to/);
    assert.deepEqual((await review('selfsubjectaccessreviews', may('list'))).status, { allowed: false });
    const rules = await review('selfsubjectrulesreviews', { namespace: 'default' });
    assert.ok(rules.status.resourceRules.some(({ apiGroups }: Loose) => apiGroups.includes('apps')));
    assert.match((await review('subjectaccessreviews', may('get'))).message, /cannot create .*subjectaccessreviews/);
    const user = 'system:serviceaccount:default:asker';
    const ofOther = await review('subjectaccessreviews', { user, ...may('get') }, TOKEN);
    assert.equal(ofOther.status.allowed, true);
    const path = { nonResourceAttributes: { verb: 'get', path: '/healthz' } };
    const inGroup = await review('subjectaccessreviews', { groups: ['system:unauthenticated'], ...path }, TOKEN);
    assert.equal(inGroup.status.allowed, true);
    assert.equal((await review('subjectaccessreviews', may('get'), TOKEN)).reason, 'Invalid');
  });

  test('one may ask as another, if that is allowed', async () => {
    const token = await server.account('actor', [
      { verbs: ['impersonate'], apiGroups: [''], resources: ['users'], resourceNames: ['jane'] },
    ]);
    const whoAmI = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const as = async (name: string): Promise<Loose> => {
      const headers = { authorization: `Bearer ${token}`, 'impersonate-user': name };
      return (await server.fetch(whoAmI, { method: 'POST', headers, body: '{}' })).json();
    };
    const jane: Pick<User, 'groups'> & { username: string } = { username: 'jane', groups: ['system:authenticated'] };
    assert.deepEqual((await as('jane')).status.userInfo, jane);
    const refused = await as('system:serviceaccount:default:other');
    assert.match(refused.message, /^serviceaccounts "other" is forbidden: .* cannot impersonate resource/);
  });
});
