import type { FieldError } from '../field-error.ts';
import type { Schema } from '../kind-schema.ts';
import { forbidden, invalid, required } from './structural.ts';

/** What is wrong with a schema's x-kubernetes-list-type, -list-map-keys and -map-type. */
export function listTypeErrors(schema: Schema, path: string): FieldError[] {
  return [...mapTypeErrors(schema, path), ...typeOfListErrors(schema, path), ...keyErrors(schema, path)];
}

function unsupported(field: string, value: string, supported: readonly string[]): FieldError {
  const detail = `supported values: ${supported.map((name) => JSON.stringify(name)).join(', ')}`;
  return { type: 'FieldValueNotSupported', field, value, detail };
}

function mustBe(schema: Schema, type: 'array' | 'object', extension: string, path: string): FieldError[] {
  if (schema.type === type) return [];
  const detail = `must be ${type} if ${extension} is specified`;
  return [schema.type === undefined ? required(`${path}.type`, detail) : invalid(`${path}.type`, schema.type, detail)];
}

function mapTypeErrors(schema: Schema, path: string): FieldError[] {
  const type = schema['x-kubernetes-map-type'];
  if (type === undefined) return [];
  const known = ['atomic', 'granular'];
  return [
    ...mustBe(schema, 'object', 'x-kubernetes-map-type', path),
    ...(known.includes(type) ? [] : [unsupported(`${path}.x-kubernetes-map-type`, type, known)]),
  ];
}

function typeOfListErrors(schema: Schema, path: string): FieldError[] {
  const type = schema['x-kubernetes-list-type'];
  if (type === undefined) return [];
  const known = ['atomic', 'set', 'map'];
  const { items } = schema;
  const errors = mustBe(schema, 'array', 'x-kubernetes-list-type', path);
  if (!known.includes(type)) errors.push(unsupported(`${path}.x-kubernetes-list-type`, type, known));
  if (type === 'set' && items?.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic') {
    const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
    errors.push(invalid(`${path}.items.x-kubernetes-map-type`, null, detail));
  }
  if (type !== 'atomic' && items?.nullable)
    errors.push(forbidden(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${type}`));
  return errors;
}

function keyErrors(schema: Schema, path: string): FieldError[] {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const type = schema['x-kubernetes-list-type'];
  const typePath = `${path}.x-kubernetes-list-type`;
  if (type !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    if (keys.length === 0) return [];
    return [type === undefined ? required(typePath, detail) : invalid(typePath, type, detail)];
  }
  const keysPath = `${path}.x-kubernetes-list-map-keys`;
  const { items } = schema;
  if (keys.length === 0) return [required(keysPath, 'must not be empty if x-kubernetes-list-type is map')];
  if (items === undefined) return [required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map')];
  if (items.type !== 'object') {
    const detail = "must be object if parent array's x-kubernetes-list-type is map";
    return [invalid(`${path}.items.type`, items.type ?? '', detail)];
  }
  const duplicates = keys.filter((key, i) => keys.indexOf(key) !== i);
  return [
    ...keys.flatMap((key) => oneKeyErrors(items, key, { path, keysPath, keys })),
    ...duplicates.map(() => invalid(keysPath, keys, 'must not contain duplicate entries')),
  ];
}

function oneKeyErrors(
  items: Schema,
  key: string,
  { path, keysPath, keys }: { path: string; keysPath: string; keys: string[] },
): FieldError[] {
  const field = items.properties?.[key];
  if (field === undefined) return [invalid(keysPath, keys, 'entries must all be names of item properties')];
  const fieldPath = `${path}.items.properties[${key}]`;
  const errors: FieldError[] = [];
  if (field.type === 'array' || field.type === 'object') {
    const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
    errors.push(invalid(`${fieldPath}.type`, items.type, detail));
  }
  const reason = 'this property is in x-kubernetes-list-map-keys, so it';
  if (!items.required?.includes(key) && field.default === undefined)
    errors.push(required(`${fieldPath}.default`, `${reason} must have a default or be a required property`));
  if (field.nullable) errors.push(forbidden(`${fieldPath}.nullable`, `${reason} cannot be nullable`));
  return errors;
}
