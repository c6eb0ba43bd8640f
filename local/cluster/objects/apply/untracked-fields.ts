import type { KindSchema } from '../kind-schema.ts';
import { type FieldSet, fieldPath, fieldSet, NO_FIELDS } from './field-set.ts';

/** Nobody owns these: the server writes them, or they name the object. */
export const NEVER_OWNED: FieldSet = fieldSet(
  fieldPath('apiVersion'),
  fieldPath('kind'),
  fieldPath('metadata'),
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName'].map((name) =>
    fieldPath('metadata', name),
  ),
  ...['generation', 'managedFields', 'resourceVersion'].map((name) => fieldPath('metadata', name)),
);

const STATUS = fieldSet(fieldPath('status'));
const SPEC = fieldSet(fieldPath('spec'));
const SPEC_AND_METADATA = fieldSet(fieldPath('spec'), fieldPath('metadata'));

/** What else a write to the status of a built-in kind leaves alone. */
const STATUS_WRITE: Record<string, FieldSet> = {
  'apps/Deployment': fieldSet(fieldPath('spec'), fieldPath('metadata', 'labels')),
  '/Pod': fieldSet(
    fieldPath('spec'),
    fieldPath('metadata', 'deletionTimestamp'),
    fieldPath('metadata', 'ownerReferences'),
  ),
};

/** Fields that a write to this subresource cannot change, and therefore never owns. */
export function resetFields(kind: KindSchema, subresource: string): FieldSet {
  if (subresource === '') return kind.hasStatus ? STATUS : NO_FIELDS;
  if (subresource !== 'status') return NO_FIELDS;
  if (!kind.builtin) return SPEC_AND_METADATA;
  return STATUS_WRITE[`${kind.group}/${kind.kind}`] ?? SPEC;
}
