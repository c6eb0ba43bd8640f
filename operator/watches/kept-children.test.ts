import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment } from '#platform/kube/resources.ts';
import { isControlledBy, revisionDeployment } from '../function/children.ts';
import { ownedDigest } from '../function/owned-fields.ts';
import { isHandedOver } from '../function/replicas-owner.ts';
import { bundleOf } from '../function/stored-bundle.ts';
import { aFunction } from '../testing/builders.ts';
import { IDENTITY_PACKING, keepDeployment, keepIdentity, keptDigest } from './kept-children.ts';

const bundle = {
  parts: [
    { name: 'hello-bundle-0123456789abcdef', chunks: 7, uid: 'uid-of-bundle' },
    { name: 'hello-bundle-fedcba9876543210', chunks: 2, uid: 'uid-of-rest' },
  ],
  sha256: 'abc',
  map: ['hello-map-0123456789abcdef'],
  notes: 'a note',
};

function stored(manager: string): Deployment {
  const made = revisionDeployment(aFunction(), 'hello-1', { kind: 'source', bundle, runtimeImage: 'r:1' }, 'h');
  const fields = { 'f:spec': { 'f:replicas': {}, 'f:template': {} } };
  const managedFields = [{ manager, operation: 'Apply', subresource: 'scale', fieldsV1: fields }];
  const metadata = { ...made.metadata, resourceVersion: '7', uid: 'd', managedFields };
  return { ...made, metadata, spec: { ...made.spec, replicas: 3 } } as Deployment;
}

test('of a Deployment all is kept that is decided on', () => {
  const whole = stored('catnap-scaler');
  const kept = keepDeployment(whole);
  assert.deepEqual(bundleOf(kept), bundle);
  assert.deepEqual(kept.metadata?.annotations, whole.metadata?.annotations);
  assert.equal(kept.metadata?.resourceVersion, '7');
  assert.equal(kept.spec?.replicas, 3);
  assert.ok(isControlledBy(kept, aFunction()));
  assert.equal(keptDigest(kept), ownedDigest(whole));
  assert.equal(keptDigest(whole), undefined);
  assert.ok(JSON.stringify(kept).length < JSON.stringify(whole).length / 2);
});

test('whether another owns the number of replicas is kept as what it comes to', () => {
  assert.ok(isHandedOver(keepDeployment(stored('catnap-scaler'))));
  const { metadata, ...rest } = stored('x');
  assert.ok(!isHandedOver(keepDeployment({ ...rest, metadata: { ...metadata, managedFields: [] } })));
});

test('a Deployment without anything is kept too', () => {
  assert.deepEqual(keepDeployment({}), { metadata: {} });
});

test('of a ConfigMap nothing is kept but which one it is', () => {
  const metadata = { namespace: 'shop', name: 'a', uid: 'u', resourceVersion: '1', labels: { a: 'b' } };
  const kept = keepIdentity({ metadata, data: { a: 'b' } } as never);
  assert.deepEqual(kept, { metadata: { namespace: 'shop', name: 'a', uid: 'u', resourceVersion: '1' } });
});

test('of which object it is and in which version, all comes back from its packing', () => {
  const named = { namespace: 'shop', name: 'settings' };
  const kept = keepIdentity({ metadata: { ...named, uid: 'a-uid', resourceVersion: '42', labels: { a: 'b' } } });
  assert.deepEqual(IDENTITY_PACKING.unpack(IDENTITY_PACKING.pack(kept), named), kept);
});
