import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { TestServer } from '../test-server.ts';
import { missingRights } from './escalation.ts';

const GROUP = 'rbac.authorization.k8s.io';
const RBAC = `/apis/${GROUP}/v1`;
const ROLES = `${RBAC}/namespaces/default/roles`;
const BINDINGS = `${RBAC}/namespaces/default/rolebindings`;
const WRITE_ROLES = { apiGroups: [GROUP], resources: ['roles', 'rolebindings'], verbs: ['create', 'patch', 'get'] };
const READ_PODS = { apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list'] };

test('a star is covered by a star alone, and all names by no name', () => {
  const pods = (more: object) => ({ apiGroups: [''], resources: ['pods'], verbs: ['get'], ...more });
  const lacks = (held: object, wanted: object) => missingRights([pods(held)], [pods(wanted)]).length > 0;
  assert.equal(lacks({}, {}), false);
  assert.equal(lacks({ verbs: ['*'] }, { verbs: ['get', '*'] }), false);
  assert.equal(lacks({}, { verbs: ['*'] }), true);
  assert.equal(lacks({ resources: ['*'] }, { resources: ['pods/log'] }), false);
  assert.equal(lacks({}, { resources: ['pods/log'] }), true);
  assert.equal(lacks({ resourceNames: ['a'] }, {}), true);
  assert.equal(lacks({}, { resourceNames: ['a'] }), false);
  assert.equal(lacks({ resourceNames: ['a'] }, { resourceNames: ['a', 'b'] }), true);
});

test('paths are covered by paths', () => {
  const paths = (...nonResourceURLs: string[]) => [{ verbs: ['get'], nonResourceURLs }];
  assert.deepEqual(missingRights(paths('/api/*'), paths('/api/v1')), []);
  assert.deepEqual(missingRights(paths('/api'), paths('/api/*')), [{ verb: 'get', path: '/api/*' }]);
});

suite('who writes roles and bindings', () => {
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server[Symbol.asyncDispose]());

  const role = (name: string, rules: object[]) => ({ metadata: { name }, rules });
  const binding = (name: string, to: { kind: string; name: string }) => ({
    metadata: { name },
    roleRef: { apiGroup: GROUP, ...to },
    subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }],
  });
  const post = (path: string, body: object, token: string) => server.call('POST', path, body, undefined, token);

  test('gives no rights that he does not hold, and is told which', async () => {
    const token = await server.account('poor', [WRITE_ROLES, READ_PODS]);
    assert.equal((await post(ROLES, role('held', [READ_PODS]), token)).code, 201);
    const more = { apiGroups: [''], resources: ['pods', 'secrets'], verbs: ['get', 'list'] };
    const { code, body } = await post(ROLES, role('more', [more]), token);
    assert.equal(code, 403);
    const who =
      'user "system:serviceaccount:default:poor" (groups=["system:serviceaccounts" "system:serviceaccounts:default" "system:authenticated"])';
    const what = '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}';
    const why = `is attempting to grant RBAC permissions not currently held:\n${what}`;
    assert.equal(body.message, `roles.${GROUP} "more" is forbidden: ${who} ${why}`);
    const grown = await server.patch(`${ROLES}/held`, 'merge', { rules: [more] }, token);
    assert.equal(grown.code, 403, 'nor by a change of what is there');
  });

  test('binds no role with more rights than he has, nor one that is not there', async () => {
    const token = await server.account('binder', [WRITE_ROLES]);
    const { code, body } = await post(BINDINGS, binding('b', { kind: 'ClusterRole', name: 'cluster-admin' }), token);
    assert.equal(code, 403);
    assert.match(body.message, /^rolebindings\.rbac\.authorization\.k8s\.io "b" is forbidden: user /);
    const missing = await post(BINDINGS, binding('c', { kind: 'Role', name: 'none' }), token);
    assert.deepEqual([missing.code, missing.body.message], [404, `roles.${GROUP} "none" not found`]);
  });

  test('may with the verbs escalate and bind', async () => {
    const verbs = ['escalate', 'bind'];
    const rules = [WRITE_ROLES, { apiGroups: [GROUP], resources: ['roles', 'clusterroles'], verbs }];
    const token = await server.account('trusted', rules);
    assert.equal((await post(ROLES, role('any', [{ ...READ_PODS, verbs: ['*'] }]), token)).code, 201);
    const admin = binding('admin', { kind: 'ClusterRole', name: 'cluster-admin' });
    assert.equal((await post(BINDINGS, admin, token)).code, 201);
  });
});
