import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AuditEvent, grantedRights, refusedRights, textOf, unusedRights, usedRights } from './rights.ts';

const OPERATOR = 'system:serviceaccount:catnap-system:catnap-operator';

function anEvent(event: Partial<AuditEvent>): AuditEvent {
  return {
    verb: 'get',
    user: { username: OPERATOR },
    annotations: { 'authorization.k8s.io/decision': 'allow' },
    ...event,
  };
}

test('each rule gives the product of its groups, resources and verbs', () => {
  const rules = [{ apiGroups: ['apps'], resources: ['deployments', 'deployments/scale'], verbs: ['get', 'patch'] }];
  assert.deepEqual(grantedRights([{ rules, namespace: undefined }], 'catnap-system').map(textOf), [
    'apps deployments get (anywhere)',
    'apps deployments patch (anywhere)',
    'apps deployments/scale get (anywhere)',
    'apps deployments/scale patch (anywhere)',
  ]);
});

test('an apply that made its object used the right to create', () => {
  const objectRef = { apiGroup: 'apps', resource: 'deployments', namespace: 'a', name: 'x' };
  const events = [anEvent({ verb: 'patch', objectRef, responseStatus: { code: 201 } })];
  assert.deepEqual(usedRights(events, OPERATOR, 'catnap-system').map(textOf), [
    'apps deployments create (anywhere)',
    'apps deployments patch (anywhere)',
  ]);
});

test('a right everywhere that is used in the system namespace alone is too much', () => {
  const rules = [{ apiGroups: [''], resources: ['endpoints'], verbs: ['list'] }];
  const granted = grantedRights([{ rules, namespace: undefined }], 'catnap-system');
  const events = [anEvent({ verb: 'list', objectRef: { resource: 'endpoints', namespace: 'catnap-system' } })];
  const used = usedRights(events, OPERATOR, 'catnap-system');
  assert.deepEqual(unusedRights(granted, used).map(textOf), ['core endpoints list (anywhere)']);
  assert.deepEqual(unusedRights(grantedRights([{ rules, namespace: 'catnap-system' }], 'catnap-system'), used), []);
});

test('a refused request is no use, and is told', () => {
  const events = [
    anEvent({
      verb: 'list',
      objectRef: { resource: 'secrets' },
      responseStatus: { code: 403 },
      annotations: { 'authorization.k8s.io/decision': 'forbid' },
    }),
  ];
  assert.deepEqual(usedRights(events, OPERATOR, 'catnap-system'), []);
  assert.deepEqual(refusedRights(events, OPERATOR, 'catnap-system').map(textOf), ['core secrets list (anywhere)']);
});

test('what others do and what is no resource does not count', () => {
  const events = [anEvent({ user: { username: 'admin' }, objectRef: { resource: 'pods' } }), anEvent({})];
  assert.deepEqual(usedRights(events, OPERATOR, 'catnap-system'), []);
});
