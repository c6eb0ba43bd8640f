import type { Json, JsonObject, KindSchema, KubeObject, Schema } from '../kind-schema.ts';
import { RequestError } from '../request-error.ts';
import { cannotBeHandled } from './decoding-error.ts';
import { OBJECT_META } from './object-meta.ts';

export { checkTypes } from './go-types.ts';

interface Pruned {
  object: KubeObject;
  /** `unknown field "spec.foo"` for each field that was dropped. */
  unknown: string[];
}

/** `object` without the fields that its kind does not have. Nothing else changes; what was fine is shared, not copied. */
export function dropUnknownFields(kind: KindSchema, object: KubeObject): Pruned {
  const dropped: string[] = [];
  const pruned = prune(kind.root, object as unknown as Json, '', dropped) as unknown as KubeObject;
  if (!kind.builtin) dropped.sort();
  return { object: pruned, unknown: dropped.map((path) => `unknown field ${JSON.stringify(path)}`) };
}

/** The same for any value and schema; the paths alone. */
export function pruneValue(schema: Schema, value: Json): { value: Json; dropped: string[] } {
  const dropped: string[] = [];
  return { value: prune(schema, value, '', dropped), dropped };
}

/** 400 for fieldValidation=Strict. */
export function strictDecodingError(problems: readonly string[], kind?: KindSchema): RequestError {
  const text = `strict decoding error: ${problems.join(', ')}`;
  return new RequestError(400, 'BadRequest', kind === undefined ? text : `${cannotBeHandled(kind)}: ${text}`);
}

function prune(schema: Schema, value: Json, path: string, dropped: string[]): Json {
  if (Array.isArray(value)) {
    const isOpen = schema.items === undefined && schema['x-kubernetes-preserve-unknown-fields'];
    return isOpen ? value : pruneList(schema.items ?? {}, value, path, dropped);
  }
  if (typeof value !== 'object' || value === null) return value;
  return pruneMap(schema, value, path, dropped);
}

function pruneList(items: Schema, list: Json[], path: string, dropped: string[]): Json[] {
  let changed = false;
  const out = list.map((item, index) => {
    const kept = prune(items, item, `${path}[${index}]`, dropped);
    changed ||= kept !== item;
    return kept;
  });
  return changed ? out : list;
}

function pruneMap(schema: Schema, map: JsonObject, path: string, dropped: string[]): JsonObject {
  let changed = false;
  const out: JsonObject = {};
  for (const [key, value] of Object.entries(map)) {
    const keyPath = path === '' ? key : `${path}.${key}`;
    const below = schemaUnder(schema, key);
    if (below === undefined) {
      dropped.push(keyPath);
      changed = true;
      continue;
    }
    const kept = below === 'any' ? value : prune(below, value, keyPath, dropped);
    changed ||= kept !== value;
    out[key] = kept;
  }
  return changed ? out : map;
}

const ENVELOPE: Record<string, Schema> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: OBJECT_META,
};

function schemaUnder(schema: Schema, key: string): Schema | 'any' | undefined {
  const { properties, additionalProperties } = schema;
  if (schema['x-kubernetes-embedded-resource'] && Object.hasOwn(ENVELOPE, key)) return ENVELOPE[key];
  if (properties !== undefined && Object.hasOwn(properties, key)) return properties[key];
  if (typeof additionalProperties === 'object') return additionalProperties;
  if (additionalProperties === true || schema['x-kubernetes-preserve-unknown-fields']) return 'any';
  return undefined;
}
