import { sameValue } from '../apply/compare-values.ts';
import type { FieldError } from '../field-error.ts';
import type { Json, JsonObject, Schema } from '../kind-schema.ts';

/** Items that a list of type `set` or `map` has twice. */
export function duplicateItems(schema: Schema, value: Json, path = ''): FieldError[] {
  if (Array.isArray(value)) {
    const inside =
      schema.items === undefined ? [] : value.map((item, i) => inItem(schema.items as Schema, item, path, i));
    return [...ownDuplicates(schema, value, path), ...inside.flat()];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const { properties, additionalProperties: rest } = schema;
    const isProperty = properties !== undefined && Object.hasOwn(properties, key);
    const below = isProperty ? properties[key] : typeof rest === 'object' ? rest : undefined;
    if (below === undefined) return [];
    const childPath = isProperty ? (path === '' ? key : `${path}.${key}`) : `${path}[${key}]`;
    return duplicateItems(below, item, childPath);
  });
}

function inItem(items: Schema, item: Json, path: string, index: number): FieldError[] {
  return duplicateItems(items, item, `${path}[${index}]`);
}

function ownDuplicates(schema: Schema, list: readonly Json[], path: string): FieldError[] {
  const keysOf = identity(schema);
  if (keysOf === undefined) return [];
  const stray =
    schema['x-kubernetes-list-type'] === 'map' ? list.findIndex((item) => item !== null && !isObject(item)) : -1;
  if (stray >= 0) {
    const detail = 'must be an object for an array of list-type map';
    return [{ type: 'FieldValueInvalid', field: `${path}[${stray}]`, value: list[stray], detail }];
  }
  const seen: Json[] = [];
  const errors: FieldError[] = [];
  for (const [index, item] of list.entries()) {
    const own = keysOf(item);
    if (seen.some((other) => sameValue(other, own)))
      errors.push({ type: 'FieldValueDuplicate', field: `${path}[${index}]`, value: own, detail: '' });
    seen.push(own);
  }
  return errors;
}

function isObject(item: Json): boolean {
  return typeof item === 'object' && !Array.isArray(item);
}

function identity(schema: Schema): ((item: Json) => Json) | undefined {
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return (item) => item;
    case 'map':
      return (item) => keysIn(schema['x-kubernetes-list-map-keys'] ?? [], item);
    default:
      return undefined;
  }
}
function keysIn(keys: readonly string[], item: Json): JsonObject {
  const from = typeof item === 'object' && item !== null && !Array.isArray(item) ? item : {};
  return Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key] as Json]));
}
