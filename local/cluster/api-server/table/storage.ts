/** StorageClasses, PersistentVolumes and their claims, as `kubectl get` shows them. */
import { isDefaultClass } from '../admission/storage-class.ts';
import { type Fields, fieldsOf, textOf } from '../resources/fields.ts';
import type { Printer } from '../resources/resource.ts';
import { AGE, column, createdAge, NAME, nameOf } from './basic.ts';

const SHORT_MODES = new Map([
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
]);

/** `RWO,RWX`, in the order of the modes and not of the list. */
function accessModes(holder: Fields): string {
  const modes = Array.isArray(holder.accessModes) ? holder.accessModes : [];
  return [...SHORT_MODES]
    .filter(([name]) => modes.includes(name))
    .map(([, short]) => short)
    .join(',');
}

export const STORAGE_CLASS: Printer = {
  columns: [
    NAME,
    column('Provisioner', 'What makes the volumes.'),
    column('ReclaimPolicy', 'What becomes of a volume whose claim is gone.'),
    column('VolumeBindingMode', 'Whether a claim waits for the first pod that uses it.'),
    column('AllowVolumeExpansion', 'Whether claims may ask for more later.'),
    AGE,
  ],
  cells: (object, nowMs) => [
    `${nameOf(object)}${isDefaultClass(object) ? ' (default)' : ''}`,
    textOf(object, 'provisioner'),
    textOf(object, 'reclaimPolicy') || 'Delete',
    textOf(object, 'volumeBindingMode') || 'Immediate',
    object.allowVolumeExpansion === true,
    createdAge(object, nowMs),
  ],
};

export const VOLUME: Printer = {
  columns: [
    NAME,
    column('Capacity', 'How much it holds.'),
    column('Access Modes', 'By how many it may be used, and how.'),
    column('Reclaim Policy', 'What becomes of it when its claim is gone.'),
    column('Status', 'Whether it is bound to a claim.'),
    column('Claim', 'The claim that it is bound to.'),
    column('StorageClass', 'The class that it is of.'),
    column('VolumeAttributesClass', 'The class of its attributes.'),
    column('Reason', 'Why it has failed.'),
    AGE,
    column('VolumeMode', 'A file system, or a block device.', { wide: true }),
  ],
  cells(volume, nowMs) {
    const spec = fieldsOf(volume, 'spec');
    const status = fieldsOf(volume, 'status');
    const claim = fieldsOf(spec, 'claimRef');
    return [
      nameOf(volume),
      textOf(fieldsOf(spec, 'capacity'), 'storage') || '0',
      accessModes(spec),
      textOf(spec, 'persistentVolumeReclaimPolicy'),
      phaseOf(volume.metadata, status),
      spec.claimRef === undefined ? '' : `${textOf(claim, 'namespace')}/${textOf(claim, 'name')}`,
      textOf(spec, 'storageClassName'),
      textOf(spec, 'volumeAttributesClassName') || '<unset>',
      textOf(status, 'reason'),
      createdAge(volume, nowMs),
      textOf(spec, 'volumeMode') || '<unset>',
    ];
  },
};

export const CLAIM: Printer = {
  columns: [
    NAME,
    column('Status', 'Whether it is bound to a volume.'),
    column('Volume', 'The volume that it is bound to.'),
    column('Capacity', 'How much that holds.'),
    column('Access Modes', 'By how many it may be used, and how.'),
    column('StorageClass', 'The class that it is of.'),
    column('VolumeAttributesClass', 'The class of its attributes.'),
    AGE,
    column('VolumeMode', 'A file system, or a block device.', { wide: true }),
  ],
  cells(claim, nowMs) {
    const spec = fieldsOf(claim, 'spec');
    const status = fieldsOf(claim, 'status');
    const volume = textOf(spec, 'volumeName');
    return [
      nameOf(claim),
      phaseOf(claim.metadata, status),
      volume,
      volume === '' ? '' : textOf(fieldsOf(status, 'capacity'), 'storage') || '0',
      volume === '' ? '' : accessModes(status),
      textOf(spec, 'storageClassName'),
      textOf(spec, 'volumeAttributesClassName') || '<unset>',
      createdAge(claim, nowMs),
      textOf(spec, 'volumeMode') || '<unset>',
    ];
  },
};

function phaseOf(metadata: Fields, status: Fields): string {
  return metadata.deletionTimestamp === undefined ? textOf(status, 'phase') : 'Terminating';
}
