import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClaimSurroundings, claimStep, IN_USE, PROVISIONED_BY, PROVISIONER, volumeStep } from './claim-step.ts';
import type { Claim, StorageClass, Volume } from './kinds.ts';

const local: StorageClass = {
  metadata: { name: 'local-path' },
  provisioner: PROVISIONER,
  volumeBindingMode: 'WaitForFirstConsumer',
};
const claim = (spec: object = {}, more: Partial<Claim> = {}): Claim => ({
  metadata: { namespace: 'n', name: 'data', uid: 'u1' },
  spec: {
    accessModes: ['ReadWriteOncePod'],
    resources: { requests: { storage: '1Gi' } },
    storageClassName: 'local-path',
    volumeMode: 'Filesystem',
    ...spec,
  },
  ...more,
});
const volume = (name: string, spec: object = {}, more: Partial<Volume> = {}): Volume => ({
  metadata: { name },
  spec: {
    accessModes: ['ReadWriteOncePod'],
    capacity: { storage: '1Gi' },
    storageClassName: 'local-path',
    volumeMode: 'Filesystem',
    ...spec,
  },
  ...more,
});
const step = (of: Claim, around: Partial<ClaimSurroundings> = {}) =>
  claimStep(of, { volumes: [], classes: [local], used: true, ...around });

test('a claim of the class that waits for a pod gets a folder when a pod uses it', () => {
  const waiting = step(claim(), { used: false });
  assert.equal(waiting.do === 'wait' && waiting.note.reason, 'WaitForFirstConsumer');
  assert.deepEqual(step(claim()), { do: 'provision' });
  const immediate: StorageClass = { ...local, volumeBindingMode: 'Immediate' };
  assert.deepEqual(step(claim(), { used: false, classes: [immediate] }), { do: 'provision' });
});

test('the smallest free volume that fits is taken before one is made', () => {
  const volumes = [
    volume('large', { capacity: { storage: '3Gi' } }),
    volume('fits', { capacity: { storage: '2048Mi' } }),
    volume('small', { capacity: { storage: '1023Mi' } }),
    volume('other-class', { storageClassName: '' }),
    volume('shared', { accessModes: ['ReadWriteOnce'] }),
    volume('taken', { claimRef: { namespace: 'n', name: 'other', uid: 'u2' } }),
  ];
  const found = step(claim(), { volumes });
  assert.equal(found.do === 'bind' && found.volume.metadata?.name, 'fits');
});

test('a volume that was reserved for the claim is taken, one of an earlier claim of its name is not', () => {
  const reserved = (uid?: string) => volume('v', { claimRef: { namespace: 'n', name: 'data', ...(uid && { uid }) } });
  assert.equal(step(claim(), { volumes: [reserved()], used: false }).do, 'bind');
  assert.equal(step(claim(), { volumes: [reserved('u1')] }).do, 'bind');
  assert.deepEqual(step(claim(), { volumes: [reserved('u0')] }), { do: 'provision' });
  assert.equal(step(claim({ volumeName: 'v' }), { volumes: [reserved('u0')] }).do, 'nothing');
});

test('why a claim is not bound is said', () => {
  const reason = (of: Claim, around: Partial<ClaimSurroundings> = {}) => {
    const found = step(of, around);
    return found.do === 'wait' ? `${found.note.reason}: ${found.note.message}` : found.do;
  };
  assert.match(reason(claim({ storageClassName: '' })), /^FailedBinding: no persistent volumes available/);
  assert.match(reason(claim({ storageClassName: 'fast' })), /^ProvisioningFailed: .*"fast" not found/);
  assert.match(
    reason(claim(), { classes: [{ ...local, provisioner: 'other/one' }] }),
    /^ExternalProvisioning: .*'other\/one'/,
  );
  assert.match(reason(claim({ accessModes: ['ReadWriteMany'] })), /ReadWriteMany is not to be had/);
  assert.match(reason(claim({ volumeMode: 'Block' })), /no block device/);
});

test('a claim that is deleted goes when no pod uses it', () => {
  const deleted = claim(
    {},
    { metadata: { namespace: 'n', name: 'data', deletionTimestamp: 'now', finalizers: [IN_USE] } },
  );
  assert.deepEqual(step(deleted, { used: true }), { do: 'nothing' });
  assert.deepEqual(step(deleted, { used: false }), { do: 'let-go' });
});

test('a claim whose volume is gone is lost', () => {
  const bound = claim({ volumeName: 'v' }, { status: { phase: 'Bound' } });
  assert.deepEqual(step(bound, { volumes: [volume('v')] }), { do: 'nothing' });
  assert.deepEqual(step(bound), { do: 'lose' });
});

test('a volume goes with its claim when it was made here for it, and else is released', () => {
  const made = { metadata: { name: 'v', annotations: { [PROVISIONED_BY]: PROVISIONER } } };
  const of = (spec: object, more: Partial<Volume> = {}) =>
    volume('v', { claimRef: { namespace: 'n', name: 'data', uid: 'u1' }, ...spec }, more);
  assert.equal(volumeStep(of({ persistentVolumeReclaimPolicy: 'Delete' }, made), 'u1'), 'nothing');
  assert.equal(volumeStep(of({ persistentVolumeReclaimPolicy: 'Delete' }, made), undefined), 'remove');
  assert.equal(volumeStep(of({ persistentVolumeReclaimPolicy: 'Delete' }, made), 'u2'), 'remove');
  assert.equal(volumeStep(of({ persistentVolumeReclaimPolicy: 'Delete' }), undefined), 'release');
  assert.equal(volumeStep(of({ persistentVolumeReclaimPolicy: 'Retain' }, made), undefined), 'release');
  assert.equal(volumeStep(volume('v'), undefined), 'make-available');
});
