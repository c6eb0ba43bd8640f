import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNamespaceLeaving, KubeError } from './error.ts';

const answer = (status: number, reason: string, details: object) =>
  new KubeError(status, reason, 'apply deployments.apps a/x', { details: { code: status, reason, details } });

test('a refusal for a namespace that is being deleted is told from one for want of rights', () => {
  const message = 'namespace a is being terminated';
  const causes = [{ reason: 'NamespaceTerminating', message, field: 'metadata.namespace' }];
  const about = { name: 'x', group: 'apps', kind: 'deployments' };
  assert.equal(isNamespaceLeaving(answer(403, 'Forbidden', { ...about, causes })), true);
  assert.equal(isNamespaceLeaving(answer(403, 'Forbidden', about)), false);
});

test('a namespace that is gone is told from an object that is', () => {
  assert.equal(isNamespaceLeaving(answer(404, 'NotFound', { name: 'a', kind: 'namespaces' })), true);
  assert.equal(isNamespaceLeaving(answer(404, 'NotFound', { name: 'x', group: 'apps', kind: 'deployments' })), false);
});
