/**
 * The scale subresource. Its managedFields are those of the parent seen through one field: `spec.replicas` of the Scale
 * stands for the parent's own replicas field.
 */
import type { Json, JsonObject, KindSchema, KubeObject, ScalePaths } from '../kind-schema.ts';
import { RequestError } from '../request-error.ts';
import { SCALE_KIND } from '../schema/scale-kind.ts';
import { difference, fieldPath, fieldSet, has, type Path } from './field-set.ts';
import { type ManagedSet, type Managers, readLiveManagers, writeManagers } from './managers.ts';
import { applyConfiguration, trackUpdate, type Writer } from './server-side-apply.ts';

const SCALE_API_VERSION = 'autoscaling/v1';
const REPLICAS_IN_SCALE = fieldPath('spec', 'replicas');

/** `.spec.replicas` → `['spec', 'replicas']`. */
function names(jsonPath: string): string[] {
  return jsonPath.split('.').filter(Boolean);
}
function valueAt(object: unknown, jsonPath: string): unknown {
  return names(jsonPath).reduce<unknown>(
    (at, name) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : undefined),
    object,
  );
}
function scalePaths(kind: KindSchema): ScalePaths {
  if (kind.scale === undefined)
    throw new RequestError(404, 'NotFound', 'the server could not find the requested resource');
  return kind.scale;
}
function replicasPath(kind: KindSchema): Path {
  return fieldPath(...names(scalePaths(kind).specReplicasPath));
}

/** The Scale of an object: name, namespace, uid, resourceVersion and creationTimestamp are its parent's. */
export function scaleOf(kind: KindSchema, parent: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = parent.metadata;
  const managedFields = writeManagers(toScale(readLiveManagers(parent.metadata.managedFields), replicasPath(kind)));
  const metadata = { name, namespace, uid, resourceVersion, creationTimestamp, managedFields };
  const selector = selectorText(kind, parent);
  const { specReplicasPath, statusReplicasPath } = scalePaths(kind);
  const replicas = valueAt(parent, specReplicasPath) ?? 0;
  return {
    apiVersion: SCALE_API_VERSION,
    kind: 'Scale',
    metadata: Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined)),
    spec: replicas === 0 ? {} : { replicas }, // as a real server writes it
    status: { replicas: valueAt(parent, statusReplicasPath) ?? 0, ...(selector !== '' && { selector }) },
  };
}

function selectorText(kind: KindSchema, parent: KubeObject): string {
  if (!kind.builtin) {
    const path = scalePaths(kind).labelSelectorPath;
    return path === undefined ? '' : String(valueAt(parent, path) ?? '');
  }
  const selector = valueAt(parent, '.spec.selector') as JsonObject | undefined;
  const isPlain = kind.kind === 'ReplicationController';
  const labels = ((isPlain ? selector : selector?.matchLabels) ?? {}) as Record<string, string>;
  const expressions = ((isPlain ? [] : selector?.matchExpressions) ?? []) as unknown as LabelExpression[];
  const plain = Object.keys(labels).map((key): [string, string] => [key, `${key}=${labels[key]}`]);
  const others = expressions.map((expression): [string, string] => [expression.key, expressionText(expression)]);
  const all = [...plain, ...others].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return all.map(([, text]) => text).join(',');
}
interface LabelExpression {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  values?: string[];
}
function expressionText({ key, operator, values = [] }: LabelExpression): string {
  switch (operator) {
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return `${key} ${operator.toLowerCase()} (${values.toSorted().join(',')})`;
  }
}

/** Server-side apply of a Scale: the parent to store. Errors as of applyConfiguration. */
export function applyScale(
  kind: KindSchema,
  parent: KubeObject,
  config: KubeObject,
  by: Omit<Writer, 'subresource'> & { force: boolean },
): KubeObject {
  const scale = scaleOf(kind, parent);
  return withScale(kind, parent, applyConfiguration(SCALE_KIND, scale, config, { ...by, subresource: 'scale' }));
}

/** Any other write of a Scale (`next` is the whole new Scale): the parent to store. Throws 409 for an old resourceVersion. */
export function updateScale(
  kind: KindSchema,
  parent: KubeObject,
  next: KubeObject,
  by: Omit<Writer, 'subresource'>,
): KubeObject {
  const scale = scaleOf(kind, parent);
  const written = trackUpdate(SCALE_KIND, scale, withoutZero(next), { ...by, subresource: 'scale' });
  return withScale(kind, parent, written);
}

/** A Scale never carries a zero: a write of 0 is one of nothing, and nobody owns it. */
function withoutZero(scale: KubeObject): KubeObject {
  const { replicas, ...spec } = (scale.spec ?? {}) as JsonObject;
  return { ...scale, spec: replicas === undefined || replicas === 0 ? spec : { ...spec, replicas } };
}

/** `parent` with the replicas and the ownership of the written Scale. */
function withScale(kind: KindSchema, parent: KubeObject, scale: KubeObject): KubeObject {
  const managers = toParent(kind, readLiveManagers(parent.metadata.managedFields), scale);
  const managedFields = writeManagers(managers);
  const { managedFields: _, ...metadata } = parent.metadata;
  const replicas = (valueAt(scale, '.spec.replicas') ?? 0) as Json;
  return {
    ...withValueAt(parent, names(scalePaths(kind).specReplicasPath), replicas),
    metadata: managedFields === undefined ? metadata : { ...metadata, managedFields },
  };
}

function withValueAt(object: KubeObject, [name, ...rest]: string[], value: Json): KubeObject {
  if (name === undefined) return value as unknown as KubeObject;
  const inside = (object[name] ?? {}) as KubeObject;
  return { ...object, [name]: withValueAt(inside, rest, value) };
}

/** Managers that own the parent's replicas, as they appear in the Scale. */
function toScale(managers: Managers, replicas: Path): Managers {
  const out = new Map<string, ManagedSet>();
  for (const [id, set] of managers) {
    if (has(set.fields, replicas))
      out.set(id, { ...set, apiVersion: SCALE_API_VERSION, fields: fieldSet(REPLICAS_IN_SCALE) });
  }
  return out;
}

/** The parent's managers after a write of its Scale. */
function toParent(kind: KindSchema, managers: Managers, scale: KubeObject): Managers {
  const replicas = replicasPath(kind);
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  const inScale = new Map<string, ManagedSet>();
  for (const set of readLiveManagers(scale.metadata.managedFields).values()) inScale.set(writerKey(set), set);
  const out = new Map<string, ManagedSet>();
  for (const [id, set] of managers) {
    if (!has(set.fields, replicas) || inScale.delete(writerKey(set))) out.set(id, set);
    else {
      const fields = difference(set.fields, fieldSet(replicas));
      if (fields.size > 0) out.set(id, { ...set, fields });
    }
  }
  for (const set of inScale.values()) {
    if (!has(set.fields, REPLICAS_IN_SCALE)) continue;
    // As on a real server the time of a scale write is not kept.
    out.set(writerKey(set), { ...set, apiVersion, fields: fieldSet(replicas), time: undefined });
  }
  return out;
}

/** A manager on either side: its version differs between the two. */
function writerKey({ manager, operation, subresource }: ManagedSet): string {
  return JSON.stringify([manager, operation, subresource]);
}
