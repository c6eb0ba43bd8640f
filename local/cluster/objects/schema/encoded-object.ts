import type { Json, JsonObject, KindSchema, KubeObject, Schema } from '../kind-schema.ts';
import { OBJECT_META } from './object-meta.ts';
import { canonicalQuantity } from './quantity.ts';

/**
 * An object of a built-in kind as the real server writes it out: nulls, zero values and empty lists are left out where
 * its encoder leaves them out, `{}` (of times null) stands where it always stands, quantities and times have their one form. To be called
 * before an object is compared, tracked and stored, but never on the configuration of an apply.
 */
export function encodedObject(kind: KindSchema, object: KubeObject): KubeObject {
  return encoded(kind.root, object as unknown as Json) as unknown as KubeObject;
}

/** Metadata of any object, custom ones included: without empty lists, maps and names. */
export function encodedMeta(metadata: KubeObject['metadata']): KubeObject['metadata'] {
  return encoded(OBJECT_META, metadata as Json) as KubeObject['metadata'];
}

function encoded(schema: Schema, value: Json): Json {
  if (schema['x-kubernetes-preserve-unknown-fields']) return value;
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item) => encoded(items, item));
  }
  if (typeof value === 'object' && value !== null) return encodedMap(schema, value);
  if (schema.format === 'quantity') return canonicalQuantity(value as string | number);
  if (typeof value === 'string' && schema.format?.startsWith('date-time')) return timeText(value, schema.format);
  return value;
}

function encodedMap(schema: Schema, map: JsonObject): JsonObject {
  const out: JsonObject = {};
  const rest = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {};
  const properties = schema.properties ?? {};
  for (const [key, value] of Object.entries(map)) {
    const field = (Object.hasOwn(properties, key) ? properties[key] : undefined) ?? rest;
    if (value === null) continue;
    const item = encoded(field, value);
    if (isKept(field, item)) out[key] = item;
  }
  for (const [key, field] of Object.entries(properties)) {
    if (field['x-when-empty'] === 'write' && out[key] === undefined) out[key] = absentValue(field);
  }
  return out;
}

/** What stands for a field that is always written: `{}`, or null for a time. */
function absentValue(field: Schema): Json {
  return field.type === 'string' ? null : encodedMap(field, {});
}

function isKept(schema: Schema, value: Json): boolean {
  const whenEmpty = schema['x-when-empty'];
  if (value === '' || value === 0 || value === false) return whenEmpty !== 'drop';
  const isEmptyList = Array.isArray(value) && value.length === 0;
  const isEmptyMap = !isEmptyList && schema.additionalProperties !== undefined && isEmptyObject(value);
  return !(isEmptyList || isEmptyMap) || whenEmpty === 'keep';
}
function isEmptyObject(value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** Whole seconds in UTC, or six digits of them. */
function timeText(value: string, format: string): string {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return value;
  const seconds = date.toISOString().slice(0, 19);
  if (format !== 'date-time-micro') return `${seconds}Z`;
  const fraction = /\.(\d+)/.exec(value)?.[1] ?? '';
  return `${seconds}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}
