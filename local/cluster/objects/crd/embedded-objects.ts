import type { FieldError } from '../field-error.ts';
import type { Json, JsonObject, Schema } from '../kind-schema.ts';

/** What objects inside an object (`x-kubernetes-embedded-resource`) lack: each says what it is. */
export function embeddedErrors(schema: Schema, value: Json, path = ''): FieldError[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? [] : value.flatMap((item, i) => embeddedErrors(items, item, `${path}[${i}]`));
  }
  if (typeof value !== 'object' || value === null) return [];
  const own = schema['x-kubernetes-embedded-resource']
    ? ['apiVersion', 'kind'].flatMap((name) => missing(value, name, path))
    : [];
  return [...own, ...Object.entries(value).flatMap(([key, item]) => inside(schema, key, item, path))];
}

function missing(object: JsonObject, name: string, path: string): FieldError[] {
  const value = object[name];
  const field = path === '' ? name : `${path}.${name}`;
  if (value === undefined || value === '') return [{ type: 'FieldValueRequired', field, detail: '' }];
  return typeof value === 'string' ? [] : [{ type: 'FieldValueInvalid', field, value, detail: 'must be a string' }];
}

function inside(
  { properties = {}, additionalProperties: rest }: Schema,
  key: string,
  item: Json,
  path: string,
): FieldError[] {
  const isProperty = Object.hasOwn(properties, key);
  const below = isProperty ? properties[key] : rest;
  if (typeof below !== 'object') return [];
  const child = path === '' ? key : `${path}.${key}`;
  return embeddedErrors(below, item, isProperty ? child : `${path}[${key}]`);
}
