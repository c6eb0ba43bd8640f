import type { Schema } from '../kind-schema.ts';

const TEXT: Schema = { type: 'string', 'x-when-empty': 'drop' };
const TEXT_MAP: Schema = { type: 'object', additionalProperties: { type: 'string' } };
const TIME: Schema = { type: 'string', format: 'date-time' };

const OWNER_REFERENCE: Schema = {
  type: 'object',
  'x-name': 'io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference',
  'x-kubernetes-map-type': 'atomic',
  properties: {
    apiVersion: { type: 'string' },
    blockOwnerDeletion: { type: 'boolean' },
    controller: { type: 'boolean' },
    kind: { type: 'string' },
    name: { type: 'string' },
    uid: { type: 'string' },
  },
};

const MANAGED_FIELDS_ENTRY: Schema = {
  type: 'object',
  'x-name': 'io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry',
  properties: {
    apiVersion: TEXT,
    fieldsType: TEXT,
    fieldsV1: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    manager: TEXT,
    operation: TEXT,
    subresource: TEXT,
    time: TIME,
  },
};

/** metadata of every object, custom resources included. */
export const OBJECT_META: Schema = {
  type: 'object',
  'x-name': 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
  properties: {
    annotations: TEXT_MAP,
    creationTimestamp: TIME,
    deletionGracePeriodSeconds: { type: 'integer', format: 'int64' },
    deletionTimestamp: TIME,
    finalizers: {
      type: 'array',
      items: { type: 'string' },
      'x-kubernetes-list-type': 'set',
      'x-kubernetes-patch-strategy': 'merge',
    },
    generateName: TEXT,
    generation: { type: 'integer', format: 'int64', 'x-when-empty': 'drop' },
    labels: TEXT_MAP,
    managedFields: { type: 'array', items: MANAGED_FIELDS_ENTRY },
    name: TEXT,
    namespace: TEXT,
    ownerReferences: {
      type: 'array',
      items: OWNER_REFERENCE,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'uid',
    },
    resourceVersion: TEXT,
    selfLink: TEXT,
    uid: TEXT,
  },
};
