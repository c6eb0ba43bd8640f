import type { JsonObject, KubeObject } from '../kind-schema.ts';
import { compareValues } from './compare-values.ts';
import type { Conflict } from './conflict.ts';
import { difference, type FieldSet, has, NO_FIELDS } from './field-set.ts';
import type { MergeType } from './merge-type.ts';
import { ownedFields } from './owned-fields.ts';

const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';

function annotations(object: KubeObject): Record<string, string> {
  return (object.metadata.annotations ?? {}) as Record<string, string>;
}

/** Fields that client-side apply set and that still have its values: kubectl may take them over without a conflict. */
function fieldsOfClientSideApply(type: MergeType, live: KubeObject): FieldSet {
  const text = annotations(live)[ANNOTATION];
  if (!text) return NO_FIELDS;
  let applied: JsonObject;
  try {
    applied = JSON.parse(text) as JsonObject;
  } catch {
    return NO_FIELDS; // written by hand: then it proves nothing
  }
  if (applied.apiVersion !== live.apiVersion) return NO_FIELDS;
  const { removed, modified, added } = compareValues(type, applied, live as unknown as JsonObject);
  return [modified, added, removed].reduce(difference, ownedFields(type, applied));
}

/** Conflicts that remain when kubectl moves from client-side to server-side apply; for other managers, all of them. */
export function conflictsThatCount(
  type: MergeType,
  live: KubeObject,
  manager: string,
  conflicts: readonly Conflict[],
): readonly Conflict[] {
  if (manager !== 'kubectl' || conflicts.length === 0) return conflicts;
  const allowed = fieldsOfClientSideApply(type, live);
  return conflicts.filter(({ path }) => !has(allowed, path));
}

/** Keeps client-side apply's annotation up to date when kubectl applies server-side. */
export function withLastApplied(object: KubeObject, config: KubeObject, manager: string): KubeObject {
  if (manager !== 'kubectl' || !annotations(object)[ANNOTATION]) return object;
  const { [ANNOTATION]: _, ...others } = annotations(config);
  const kept: KubeObject = { ...config, metadata: { ...config.metadata } };
  if (Object.keys(others).length > 0) kept.metadata.annotations = others;
  else delete kept.metadata.annotations;
  const annotated = { ...annotations(object), [ANNOTATION]: `${JSON.stringify(kept, sortedKeys)}\n` };
  return { ...object, metadata: { ...object.metadata, annotations: annotated } };
}

/** A replacer for JSON.stringify: keys in alphabetical order, so that equal configurations have equal texts. */
function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
