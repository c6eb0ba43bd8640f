import type { KubeObject } from '../../objects/kind-schema.ts';

/** What one change made of one object. Entries are never changed: a later change makes another one. */
export interface Entry {
  /** As stored: with `metadata.resourceVersion`, `kind` and `apiVersion` first. Do not write to it. */
  readonly object: KubeObject;
  /** The same as text. */
  readonly json: string;
  readonly revision: number;
}

/** Where one object is kept. `namespace` is empty for cluster-scoped ones. */
export interface Key {
  /** One kind's objects: `deployments.apps`. */
  readonly bucket: string;
  readonly namespace: string;
  readonly name: string;
}

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly key: Key;
  /** After the change; of a deletion the last state, with the deletion's revision. */
  readonly entry: Entry;
  /** Before the change; absent for ADDED. */
  readonly previous?: Entry;
}

/** `object` at `revision`: a new value, with the envelope's fields in the order the wire has them. */
export function entryOf(object: KubeObject, revision: number): Entry {
  const { kind, apiVersion, metadata, ...rest } = object;
  const stamped = { kind, apiVersion, metadata: { ...metadata, resourceVersion: String(revision) }, ...rest };
  return { object: stamped, json: JSON.stringify(stamped), revision };
}

/** Orders objects as lists show them: by namespace, then name. */
export function pathOf(key: { namespace: string; name: string }): string {
  return key.namespace === '' ? key.name : `${key.namespace}/${key.name}`;
}
