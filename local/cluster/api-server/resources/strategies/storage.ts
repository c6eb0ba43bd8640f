/** StorageClasses, PersistentVolumes and PersistentVolumeClaims. */
import type { FieldError } from '../../../objects/field-error.ts';
import type { KubeObject } from '../../../objects/kind-schema.ts';
import { ensureFields, type Fields, fieldsOf, isFields, semanticallyEqual, setDefault, textOf } from '../fields.ts';
import { parseQuantity } from '../quantity.ts';
import type { Strategy } from '../resource.ts';
import { dnsSubdomainProblems, forbiddenField, invalidField, requiredField, unsupportedField } from '../validation.ts';

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const VOLUME_MODES = ['Block', 'Filesystem'];
const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];
const BINDING_MODES = ['Immediate', 'WaitForFirstConsumer'];
/** A claim that is deleted goes when no pod uses it any more. */
const CLAIM_PROTECTION = 'kubernetes.io/pvc-protection';

export const storageClassStrategy: Strategy = {
  setDefaults(storageClass) {
    setDefault(storageClass, 'reclaimPolicy', 'Delete');
    setDefault(storageClass, 'volumeBindingMode', 'Immediate');
  },
  validate(storageClass) {
    const policy = textOf(storageClass, 'reclaimPolicy');
    const mode = textOf(storageClass, 'volumeBindingMode');
    return [
      ...(textOf(storageClass, 'provisioner') === '' ? [requiredField('provisioner')] : []),
      // A class makes volumes: nothing is left of one that could be used again.
      ...unsupported('reclaimPolicy', policy, ['Delete', 'Retain']),
      ...unsupported('volumeBindingMode', mode, BINDING_MODES),
    ];
  },
  validateUpdate(next, old) {
    const fixed = ['parameters', 'provisioner', 'reclaimPolicy'].filter(
      (name) => !semanticallyEqual(next[name], old[name]),
    );
    const errors = fixed.map((name) => forbiddenField(name, `updates to ${name} are forbidden.`));
    return [...errors, ...immutable(next, old, 'volumeBindingMode')];
  },
  returnsDeleted: true,
};

export const volumeStrategy: Strategy = {
  setDefaults(volume) {
    const spec = ensureFields(volume, 'spec');
    setDefault(spec, 'persistentVolumeReclaimPolicy', 'Retain');
    setDefault(spec, 'volumeMode', 'Filesystem');
    setDefault(ensureFields(volume, 'status'), 'phase', 'Pending');
  },
  validate(volume) {
    const spec = fieldsOf(volume, 'spec');
    const capacity = fieldsOf(spec, 'capacity');
    const errors = accessModeErrors(spec, '');
    if (Object.keys(capacity).length === 0) errors.push(requiredField('spec.capacity'));
    if (capacity.storage === undefined || Object.keys(capacity).length > 1) {
      errors.push(unsupportedField('spec.capacity', capacity, ['storage']));
    }
    for (const [name, amount] of Object.entries(capacity)) errors.push(...positive(amount, `spec.capacity[${name}]`));
    const policy = textOf(spec, 'persistentVolumeReclaimPolicy');
    errors.push(...unsupported('spec.persistentVolumeReclaimPolicy', policy, RECLAIM_POLICIES));
    return [...errors, ...sourceErrors(spec), ...classAndModeErrors(spec)];
  },
  validateUpdate(next, old) {
    const [spec, before] = [fieldsOf(next, 'spec'), fieldsOf(old, 'spec')];
    const changed = !semanticallyEqual(sourceOf(spec), sourceOf(before));
    const detail = 'spec.persistentvolumesource is immutable after creation';
    const errors = changed ? [forbiddenField('spec.persistentvolumesource', detail)] : [];
    return [...errors, ...immutable(spec, before, 'volumeMode')];
  },
  returnsDeleted: true,
};

export const claimStrategy: Strategy = {
  setDefaults(claim) {
    setDefault(ensureFields(claim, 'spec'), 'volumeMode', 'Filesystem');
    setDefault(ensureFields(claim, 'status'), 'phase', 'Pending');
  },
  prepareForCreate(claim) {
    const finalizers = (claim.metadata.finalizers ?? []) as string[];
    if (!finalizers.includes(CLAIM_PROTECTION)) claim.metadata.finalizers = [...finalizers, CLAIM_PROTECTION];
  },
  validate(claim) {
    const spec = fieldsOf(claim, 'spec');
    const amount = requested(spec);
    const field = 'spec.resources[storage]';
    return [
      ...accessModeErrors(spec, 'at least 1 access mode is required'),
      ...(amount === undefined ? [requiredField(field)] : positive(amount, field)),
      ...classAndModeErrors(spec),
    ];
  },
  validateUpdate: validateClaimUpdate,
  returnsDeleted: true,
};

/** Bound to a volume once, it stays as it is, but for the storage that it asks for. */
function validateClaimUpdate(next: KubeObject, old: KubeObject): FieldError[] {
  const [spec, before] = [structuredClone(fieldsOf(next, 'spec')), structuredClone(fieldsOf(old, 'spec'))];
  if (textOf(before, 'volumeName') === '') before.volumeName = spec.volumeName;
  if (before.storageClassName === undefined) delete spec.storageClassName;
  const asked = parseQuantity(requested(spec)) ?? 0;
  const hadAsked = parseQuantity(requested(before)) ?? 0;
  const status = fieldsOf(old, 'status');
  if (textOf(status, 'phase') === 'Bound' && isFields(fieldsOf(spec, 'resources').requests)) {
    fieldsOf(fieldsOf(spec, 'resources'), 'requests').storage = requested(before);
  }
  const errors: FieldError[] = [];
  if (!semanticallyEqual(spec, before)) {
    const detail =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    errors.push(forbiddenField('spec', detail));
  }
  if (asked < hadAsked && asked <= (parseQuantity(fieldsOf(status, 'capacity').storage) ?? 0)) {
    errors.push(forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity'));
  }
  return [...errors, ...immutable(spec, before, 'volumeMode')];
}

function requested(claimSpec: Fields): unknown {
  return fieldsOf(fieldsOf(claimSpec, 'resources'), 'requests').storage;
}

function accessModeErrors(spec: Fields, whenNone: string): FieldError[] {
  const modes = Array.isArray(spec.accessModes) ? spec.accessModes.map(String) : [];
  if (modes.length === 0) return [requiredField('spec.accessModes', whenNone)];
  const errors = modes.flatMap((mode) => unsupported('spec.accessModes', mode, ACCESS_MODES));
  const known = modes.filter((mode) => ACCESS_MODES.includes(mode));
  if (known.includes('ReadWriteOncePod') && known.some((mode) => mode !== 'ReadWriteOncePod')) {
    errors.push(forbiddenField('spec.accessModes', 'may not use ReadWriteOncePod with other access modes'));
  }
  return errors;
}

function classAndModeErrors(spec: Fields): FieldError[] {
  const name = textOf(spec, 'storageClassName');
  const problems = name === '' ? [] : dnsSubdomainProblems(name);
  return [
    ...problems.map((problem) => invalidField('spec.storageClassName', name, problem)),
    ...unsupported('spec.volumeMode', textOf(spec, 'volumeMode'), VOLUME_MODES),
  ];
}

/** Fields of a volume that say nothing of where its bytes are. */
const NO_SOURCE = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

function sourceOf(spec: Fields): Fields {
  return Object.fromEntries(Object.entries(spec).filter(([name, value]) => !NO_SOURCE.has(name) && isFields(value)));
}

function sourceErrors(spec: Fields): FieldError[] {
  const [first, ...more] = Object.keys(sourceOf(spec));
  if (first === undefined) return [requiredField('spec', 'must specify a volume type')];
  const errors = more.map((name) => forbiddenField(`spec.${name}`, 'may not specify more than 1 volume type'));
  for (const name of ['hostPath', 'local']) {
    if (isFields(spec[name]) && textOf(fieldsOf(spec, name), 'path') === '')
      errors.push(requiredField(`spec.${name}.path`));
  }
  if (isFields(spec.local) && !isFields(fieldsOf(spec, 'nodeAffinity').required)) {
    errors.push(requiredField('spec.nodeAffinity', 'Local volume requires node affinity'));
  }
  return errors;
}

function positive(amount: unknown, field: string): FieldError[] {
  return (parseQuantity(amount) ?? 0) > 0 ? [] : [invalidField(field, amount, 'must be greater than zero')];
}

function unsupported(field: string, value: string, supported: readonly string[]): FieldError[] {
  return supported.includes(value) ? [] : [unsupportedField(field, value, supported)];
}

function immutable(next: Fields, old: Fields, name: string): FieldError[] {
  return next[name] === old[name] ? [] : [invalidField(name, next[name], 'field is immutable')];
}
