import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '#platform/kube/resources.ts';
import { mayAdopt } from './adoption.ts';

const owner = { metadata: { namespace: 'n' }, spec: { selector: { matchLabels: { app: 'x' } } } };
const orphan = (metadata: KubeObject['metadata'] = {}): KubeObject => ({
  metadata: { namespace: 'n', labels: { app: 'x' }, ...metadata },
});

test('what the selector matches and nobody controls may be adopted', () => {
  assert.equal(mayAdopt(owner, orphan()), true);
  assert.equal(mayAdopt(owner, orphan({ labels: { app: 'y' } })), false);
  assert.equal(mayAdopt(owner, orphan({ namespace: 'm' })), false);
});

test('what has a controller, or one of both being deleted, may not', () => {
  const reference = { apiVersion: 'v1', kind: 'X', name: 'x', uid: 'x' };
  assert.equal(mayAdopt(owner, orphan({ ownerReferences: [{ ...reference, controller: true }] })), false);
  assert.equal(mayAdopt(owner, orphan({ ownerReferences: [reference] })), true);
  assert.equal(mayAdopt(owner, orphan({ deletionTimestamp: 'now' })), false);
  assert.equal(mayAdopt({ ...owner, metadata: { namespace: 'n', deletionTimestamp: 'now' } }, orphan()), false);
});
