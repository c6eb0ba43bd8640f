/** Who may do what. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { INVOCATIONS_ACCOUNT, INVOCATIONS_PORT_NAME, INVOCATIONS_SERVICE } from '../../api/invocations-for-people.ts';
import { LOGS_PORT_NAME, LOGS_SERVICE } from '../../api/kept-log.ts';
import { INFO_CONFIG_MAP } from '../../api/names.ts';
import { CASES, inCase, install, type Loose, the } from './rendered.ts';

const isRole = ({ kind }: Loose) => kind === 'Role' || kind === 'ClusterRole';
const rulesOf = (objects: readonly Loose[]) => objects.filter(isRole).flatMap(({ rules }) => rules);
/** Everything that a process holds, as `verb resource`. */
function rights(objects: readonly Loose[], component: string): string[] {
  const roles = objects.filter(
    (one) => isRole(one) && one.metadata.labels['app.kubernetes.io/component'] === component,
  );
  const all = roles.flatMap(({ rules }) =>
    rules.flatMap((rule: Loose) =>
      rule.verbs.flatMap((verb: string) => rule.resources.map((resource: string) => `${verb} ${resource}`)),
    ),
  );
  return [...new Set(all)].toSorted();
}

for (const { name, objects } of CASES) {
  test(`${name}: nobody may touch Secrets, and no right is a wildcard`, () => {
    for (const { apiGroups, resources, verbs } of rulesOf(objects)) {
      assert.ok(!resources.includes('secrets'));
      assert.ok(![...apiGroups, ...resources, ...verbs].includes('*'));
    }
  });
}

test('the activator reads Functions, pods and where others of its kind are, reads and writes the scale of Deployments, and makes Events', () => {
  assert.deepEqual(rights(inCase('the defaults'), 'activator'), [
    'create events',
    'get deployments/scale',
    'list endpointslices',
    'list functions',
    'list pods',
    'patch deployments/scale',
    'watch endpointslices',
    'watch functions',
    'watch pods',
  ]);
});

test('the dispatcher reads Functions, Triggers and where activators are, and writes into their status what became of their work', () => {
  assert.deepEqual(rights(inCase('the defaults'), 'dispatcher'), [
    'list endpointslices',
    'list functions',
    'list triggers',
    'patch functions/status',
    'patch triggers/status',
    'watch endpointslices',
    'watch functions',
    'watch triggers',
  ]);
  const { metadata } = the(inCase('two namespaces'), 'Role', '-dispatcher-peers');
  assert.equal(metadata.namespace, 'catnap-system');
});

test('the command finds the dispatcher’s Service and account, whatever the release is called', () => {
  const objects = inCase('another release name');
  const { data } = the(objects, 'ConfigMap', INFO_CONFIG_MAP);
  assert.equal(data.invocationsService, the(objects, 'Service', '-invocations').metadata.name);
  assert.equal(data.invocationsAccount, the(objects, 'ServiceAccount', '-async-admin').metadata.name);
  assert.equal(the(inCase('the defaults'), 'ServiceAccount', '-async-admin').metadata.name, INVOCATIONS_ACCOUNT);
  assert.equal(the(inCase('no dispatcher'), 'ConfigMap', INFO_CONFIG_MAP).data.invocationsService, undefined);
});

test('limited to namespaces, the rights are those of the whole cluster, in Roles there', () => {
  const limited = inCase('two namespaces');
  for (const component of ['operator', 'activator', 'dispatcher']) {
    assert.deepEqual(rights(limited, component), rights(inCase('the defaults'), component));
    const where = limited.filter((one) => one.kind === 'Role' && one.metadata.name === `catnap-${component}`);
    assert.deepEqual(
      where.map(({ metadata }) => metadata.namespace),
      ['shop', 'web'],
    );
  }
});

test('limited to namespaces, only the job that brings the definition holds a ClusterRole, while it runs', () => {
  const wide = inCase('two namespaces').filter(({ kind }) => kind === 'ClusterRole');
  assert.deepEqual(
    wide.map(({ metadata }) => [metadata.name, metadata.annotations['helm.sh/hook']]),
    [['catnap-catnap-system-apply-crds', 'pre-install,pre-upgrade']],
  );
  assert.deepEqual(
    inCase('its own namespace').filter(({ metadata }) => metadata.namespace === undefined),
    [],
  );
});

test('the activators’ addresses are the activators’ in their own namespace alone', () => {
  for (const name of ['the defaults', 'two namespaces']) {
    const { metadata, rules } = the(inCase(name), 'Role', '-activator-system');
    assert.equal(metadata.namespace, 'catnap-system');
    assert.deepEqual(
      rules.map((rule: Loose) => [rule.resources, rule.verbs]),
      [[['endpointslices'], ['list', 'watch']]],
    );
  }
});

test('the Lease, the activators’ addresses and released hosts are the operator’s in its own namespace alone', () => {
  for (const name of ['the defaults', 'two namespaces']) {
    const { metadata, rules } = the(inCase(name), 'Role', '-operator-system');
    assert.equal(metadata.namespace, 'catnap-system');
    assert.deepEqual(
      rules.map((rule: Loose) => rule.resources[0]),
      ['leases', 'leases', 'endpointslices', 'configmaps'],
    );
    assert.deepEqual(rules.at(-1).resourceNames, ['catnap-released-hosts']);
    assert.equal(the(inCase(name), 'ConfigMap', '-released-hosts').data, undefined, 'what the operator writes is kept');
    assert.ok(
      !rulesOf(inCase(name).filter(({ kind }) => kind === 'ClusterRole')).some((rule) =>
        rule.resources.includes('leases'),
      ),
    );
  }
});

test('what all users may do is read where logs and invocations are, and ask log keeper and dispatcher, unless those are left out', () => {
  const { rules } = the(inCase('the defaults'), 'Role', '-users');
  assert.deepEqual(
    rules.map((rule: Loose) => [rule.resources, rule.resourceNames, rule.verbs]),
    [
      [['configmaps'], [INFO_CONFIG_MAP], ['get']],
      [['services/proxy'], [`http:${LOGS_SERVICE}:${LOGS_PORT_NAME}`], ['get']],
      [['services/proxy'], [`http:${INVOCATIONS_SERVICE}:${INVOCATIONS_PORT_NAME}`], ['get', 'create', 'delete']],
    ],
  );
  const named = (objects: readonly Loose[]) => objects.map(({ metadata }) => metadata.name);
  const neither = named(install({ logs: { access: false }, dispatcher: { access: false } }));
  assert.ok(!neither.some((name) => /-users$|-logs-reader$|-async-admin$/.test(name)));
  assert.ok(neither.includes('catnap-logs') && neither.includes('catnap-invocations'));
  assert.ok(!named(inCase('logs are in Loki')).includes('catnap-logs'));
  const proxied = (name: string) =>
    the(inCase(name), 'Role', '-users')
      .rules.flatMap((rule: Loose) => rule.resourceNames)
      .slice(1);
  assert.deepEqual(proxied('a keeper that is not for all'), [`http:${INVOCATIONS_SERVICE}:${INVOCATIONS_PORT_NAME}`]);
  for (const name of ['no dispatcher', 'a dispatcher that is not for all']) {
    assert.deepEqual(proxied(name), [`http:${LOGS_SERVICE}:${LOGS_PORT_NAME}`]);
  }
});

test('limited to namespaces, the log keeper does not ask for those there are', () => {
  const limited = rights(inCase('two namespaces'), 'logs');
  assert.deepEqual(limited, ['get pods/log', 'list pods', 'watch pods']);
  assert.deepEqual(rights(inCase('the defaults'), 'logs'), [
    'get pods/log',
    'list namespaces',
    'list pods',
    'watch namespaces',
    'watch pods',
  ]);
});

test('without network policies there is no right to them', () => {
  assert.ok(rights(inCase('the defaults'), 'operator').some((right) => right.includes('networkpolicies')));
  assert.ok(!rights(inCase('no policies'), 'operator').some((right) => right.includes('networkpolicies')));
});

test('the policy on the activator’s scaling names its service account', () => {
  for (const [name, user] of [
    ['the defaults', 'system:serviceaccount:catnap-system:catnap-activator'],
    ['another release name', 'system:serviceaccount:functions:prod-catnap-activator'],
  ] as const) {
    const { spec } = the(inCase(name), 'ValidatingAdmissionPolicy', '-activator-scale');
    assert.equal(spec.matchConditions[0].expression, `request.userInfo.username == "${user}"`);
  }
});

test('users who may view or edit a namespace may do so with its Functions and Triggers', () => {
  const rules = (name: string) => the(inCase('the defaults'), 'ClusterRole', name).rules;
  assert.deepEqual(rules('-functions-view')[0].resources, [
    'functions',
    'functions/status',
    'triggers',
    'triggers/status',
  ]);
  assert.deepEqual(rules('-functions-edit')[0].resources, ['functions', 'triggers']);
  assert.deepEqual(rules('-functions-view')[0].verbs, ['get', 'list', 'watch']);
  assert.ok(rules('-functions-edit')[0].verbs.includes('create'));
  assert.equal(inCase('no policies').filter(({ metadata }) => metadata.name.includes('-functions-')).length, 0);
});

/** The table in docs/install.md: `verb resource` by component. */
function documented(): Map<string, string[]> {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'install.md'), 'utf8');
  const [, table = ''] = /## What each permission is for\n.*?\n\|---.*?\n(.*?)\n\n/s.exec(text) ?? [];
  const rights = new Map<string, string[]>();
  let component = '';
  for (const row of table.split('\n')) {
    const [process = '', resources = '', verbs = ''] = row
      .split('|')
      .slice(1)
      .map((cell) => cell.trim());
    component = process.split(' ').at(-1) || component;
    const [resource = ''] = resources.split(/[ ,]/);
    const known = rights.get(component) ?? [];
    const found = verbs.match(/\b(get|list|watch|create|update|patch|delete)\b/g) ?? [];
    rights.set(component, [...known, ...found.map((verb) => `${verb} ${resource}`)]);
  }
  return rights;
}

test('docs/install.md says what each right is for, and of no other', () => {
  const objects = inCase('functions are removed with it');
  const table = documented();
  assert.deepEqual(
    [...table.keys()],
    [
      'activator',
      'operator',
      'dispatcher',
      'async-admin',
      'logs',
      'logs-reader',
      'users',
      'apply-crds',
      'remove-functions',
      'test',
    ],
  );
  for (const [component, written] of table) {
    assert.deepEqual([...new Set(written)].toSorted(), rights(objects, component), component);
  }
});
