import type { Json, JsonObject, KindSchema, Schema } from '../kind-schema.ts';
import { RequestError } from '../request-error.ts';
import { cannotBeHandled } from './decoding-error.ts';
import { isQuantity, QUANTITY_MISTAKE } from './quantity.ts';

/**
 * Checks that an object of a built-in kind has the right JSON types, as decoding it on the real server would.
 * @throws RequestError 400 for the first one that is wrong, in the decoder's words
 */
export function checkTypes(kind: KindSchema, object: Json): void {
  const mistake = typeMistake(kind, object);
  if (mistake !== undefined) throw new RequestError(400, 'BadRequest', `${cannotBeHandled(kind)}: ${mistake}`);
}

/** What the decoder would say; undefined: nothing. */
export function typeMistake(kind: KindSchema, object: Json): string | undefined {
  return mistakeIn(kind.root, object, { struct: kind.kind, path: '' });
}

/** Innermost struct, and the path from the root without indices and map keys. */
interface Place {
  struct: string;
  path: string;
}

function mistakeIn(schema: Schema, value: Json, place: Place): string | undefined {
  if (value === null || schema['x-kubernetes-preserve-unknown-fields']) return undefined;
  if (schema['x-kubernetes-int-or-string'])
    return typeof value === 'string' || typeof value === 'number'
      ? undefined
      : `json: cannot unmarshal ${jsonType(value)} into Go value of type int32`;
  switch (schema.type) {
    case 'object':
      return inMap(schema, value, place);
    case 'array':
      return inList(schema, value, place);
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value) ? undefined : wrongType(schema, value, place);
    default:
      return inScalar(schema, value, place);
  }
}

function inScalar(schema: Schema, value: Json, place: Place): string | undefined {
  if (schema.format === 'quantity') return isQuantity(value) ? undefined : QUANTITY_MISTAKE;
  const given: string = typeof value;
  if (given !== schema.type) return wrongType(schema, value, place);
  if (typeof value !== 'string') return undefined;
  if (schema.format?.startsWith('date-time')) return timeMistake(value);
  return schema.format === 'byte' ? base64Mistake(value) : undefined;
}

function inMap(schema: Schema, value: Json, place: Place): string | undefined {
  if (typeof value !== 'object' || Array.isArray(value)) return wrongType(schema, value, place);
  const struct = schema['x-name']?.split('.').at(-1) ?? place.struct;
  const { properties = {}, additionalProperties: rest } = schema;
  for (const [key, item] of Object.entries(value as JsonObject)) {
    const isField = Object.hasOwn(properties, key);
    const below = isField ? properties[key] : rest;
    if (typeof below !== 'object') continue;
    const mistake = mistakeIn(below, item, isField ? { struct, path: child(place.path, key) } : place);
    if (mistake !== undefined) return mistake;
  }
  return undefined;
}
function child(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function inList(schema: Schema, value: Json, place: Place): string | undefined {
  if (!Array.isArray(value)) return wrongType(schema, value, place);
  for (const item of value) {
    const mistake = mistakeIn(schema.items ?? {}, item, place);
    if (mistake !== undefined) return mistake;
  }
  return undefined;
}

function wrongType(schema: Schema, value: Json, { struct, path }: Place): string {
  const given = typeof value === 'number' && schema.type === 'integer' ? `number ${value}` : jsonType(value);
  const where = path === '' ? 'Go value' : `Go struct field ${struct}.${path}`;
  return `json: cannot unmarshal ${given} into ${where} of type ${goType(schema)}`;
}

function jsonType(value: Json): string {
  if (Array.isArray(value)) return 'array';
  return { boolean: 'bool', number: 'number', string: 'string', object: 'object' }[typeof value as 'string'] as string;
}

function goType(schema: Schema): string {
  switch (schema.type) {
    case 'integer':
      return schema.format ?? 'int';
    case 'number':
      return 'float64';
    case 'boolean':
      return 'bool';
    case 'array':
      return `[]${goType(schema.items ?? {})}`;
    case 'object':
      if (schema['x-name'] === undefined)
        return `map[string]${typeof schema.additionalProperties === 'object' ? goType(schema.additionalProperties) : 'interface {}'}`;
      return schema['x-name'].split('.').slice(-2).join('.');
    default:
      return 'string';
  }
}

function timeMistake(value: string): string | undefined {
  const isTime =
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value) && !Number.isNaN(Date.parse(value));
  const quoted = JSON.stringify(value);
  return isTime ? undefined : `parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${quoted} as "2006"`;
}

/** Position of the first byte that is no base64. */
function base64Mistake(value: string): string | undefined {
  const text = value.replace(/[\r\n]/g, '');
  if (text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  const bad = text.search(/[^A-Za-z0-9+/]/);
  return `illegal base64 data at input byte ${bad < 0 ? text.length - (text.length % 4) : bad}`;
}
