/** After the end-to-end tests: the chart's roles against the API servers' audit logs of that run. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SYSTEM_NAMESPACE } from '#api/names.ts';
import type { KubeObject } from '#platform/kube/resources.ts';
import { renderChart } from '../../local/chart/render.ts';
import { settings } from '../support/settings.ts';
import {
  type AuditEvent,
  type Grant,
  grantedRights,
  refusedRights,
  textOf,
  unusedRights,
  usedRights,
} from './rights.ts';

interface Role extends KubeObject {
  rules: Grant['rules'];
}
interface Binding extends KubeObject {
  roleRef: { kind: string; name: string };
  subjects: { name: string; namespace?: string }[];
}

const namespace = settings.CATNAP_TEST_SYSTEM_NAMESPACE ?? SYSTEM_NAMESPACE;
const objects = renderChart({ release: 'catnap', namespace }).map(({ object }) => object);
const logs = auditLogs();

if (logs.length === 0) {
  test('the rights that were used are those that the chart grants', {
    skip: 'not checked: CATNAP_TEST_AUDIT_LOG names no audit log of the API server',
  });
} else {
  const events = logs.flatMap(eventsIn);
  for (const account of ['catnap-operator', 'catnap-activator', 'catnap-logs', 'catnap-dispatcher']) {
    const user = `system:serviceaccount:${namespace}:${account}`;
    test(`${account} was refused nothing that it asked for`, () => {
      assert.deepEqual(refusedRights(events, user, namespace).map(textOf), []);
    });
    test(`${account} made use of every right that the chart grants it`, () => {
      const granted = grantedRights(grantsOf(account), namespace);
      assert.ok(granted.length > 0);
      assert.deepEqual(unusedRights(granted, usedRights(events, user, namespace)).map(textOf), []);
    });
  }
}

function auditLogs(): string[] {
  const { CATNAP_TEST_AUDIT_LOG: log, CATNAP_TEST_AUDIT_DIR: dir } = settings;
  if (log !== undefined) return [log];
  return dir === undefined ? [] : globSync('*.jsonl', { cwd: dir }).map((file) => join(dir, file));
}

/** The last line may be half of one, where its server was killed. */
function eventsIn(file: string): AuditEvent[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as AuditEvent);
}

function grantsOf(account: string): Grant[] {
  const bindings = objects.filter(
    (object): object is Binding =>
      (object.kind ?? '').endsWith('RoleBinding') && (object as Binding).subjects.some(({ name }) => name === account),
  );
  return bindings.map(({ roleRef, metadata }) => {
    const role = objects.find(
      (object): object is Role => object.kind === roleRef.kind && object.metadata?.name === roleRef.name,
    );
    assert.ok(role, `the chart has no ${roleRef.kind} ${roleRef.name}`);
    return { rules: role.rules, namespace: metadata?.namespace };
  });
}
