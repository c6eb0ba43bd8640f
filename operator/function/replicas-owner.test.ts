import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ManagedFieldsEntry } from '#platform/kube/resources.ts';
import { aDeployment } from '../testing/builders.ts';
import { isHandedOver } from './replicas-owner.ts';

const REPLICAS = { 'f:spec': { 'f:replicas': {}, 'f:template': {} } };
function handedOver(...managedFields: ManagedFieldsEntry[]): boolean {
  const deployment = aDeployment();
  return isHandedOver({ ...deployment, metadata: { ...deployment.metadata, managedFields } } as typeof deployment);
}
const operator = { manager: 'catnap-operator', operation: 'Apply', fieldsV1: REPLICAS };

test('replicas that our own apply alone owns are not handed over', () => {
  assert.equal(handedOver(operator), false);
  assert.equal(handedOver(operator, { manager: 'kubelet', operation: 'Update', fieldsV1: { 'f:status': {} } }), false);
});

test('replicas that another manager owns too are handed over', () => {
  const scaler = {
    manager: 'catnap-scaler',
    operation: 'Apply',
    subresource: 'scale',
    fieldsV1: { 'f:spec': { 'f:replicas': {} } },
  };
  assert.equal(handedOver(operator, scaler), true);
  assert.equal(handedOver({ manager: 'kubectl', operation: 'Update', subresource: 'scale', fieldsV1: REPLICAS }), true);
});

test('replicas that none owns are not handed over', () => {
  assert.equal(handedOver(), false);
});
