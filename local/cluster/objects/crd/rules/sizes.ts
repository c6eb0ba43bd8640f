/** How large a value of a schema can become within one request: what the cost of a rule is estimated from. */
import type { Json, Schema } from '../../kind-schema.ts';

const LARGEST_REQUEST_BYTES = 3 * 1024 * 1024;

/** A value's largest size (characters, items or keys), and what is inside it. */
export interface Sized {
  readonly size: number;
  readonly schema?: Schema;
  readonly element?: Sized;
}
export const SCALAR: Sized = { size: 1 };

export function sizedOf(schema: Schema): Sized {
  switch (schema.type) {
    case 'string':
      return { size: longestString(schema), schema };
    case 'array':
    case 'object':
      return { size: mostElements(schema), schema };
    case undefined:
      return { size: schema.maxLength === undefined ? LARGEST_REQUEST_BYTES - 2 : schema.maxLength * 4, schema };
    default:
      return { size: 1, schema };
  }
}

/** What a comprehension goes over: items, or the keys of a map. */
export function elementOf(sized: Sized): Sized {
  if (sized.element !== undefined) return sized.element;
  const { schema } = sized;
  if (schema?.type === 'array' && schema.items !== undefined) return sizedOf(schema.items);
  return { size: schema?.type === 'object' ? 0 : sized.size };
}

/** The value under a key or an index. */
export function memberOf(sized: Sized, key: string | undefined): Sized {
  const { schema } = sized;
  const rest = schema?.additionalProperties;
  if (key !== undefined && schema?.properties?.[key] !== undefined) return sizedOf(schema.properties[key]);
  if (schema?.type === 'object') return typeof rest === 'object' ? sizedOf(rest) : { size: sized.size };
  return elementOf(sized);
}

/** Characters of a string; one may take four bytes. */
function longestString(schema: Schema): number {
  if (schema.enum !== undefined) return Math.max(0, ...schema.enum.map((value: Json) => String(value).length));
  if (schema.maxLength !== undefined) return schema.maxLength * 4;
  const known = { date: 10, 'date-time': 35, duration: 32 }[schema.format ?? ''];
  return known ?? LARGEST_REQUEST_BYTES - 2;
}

/** Items of a list or keys of a map: as many as are allowed, else as many as fit into a request. */
function mostElements(schema: Schema): number {
  const { items, additionalProperties: rest } = schema;
  if (schema.type === 'array')
    return schema.maxItems ?? Math.floor((LARGEST_REQUEST_BYTES - 2) / (leastBytes(items) + 1));
  if (typeof rest !== 'object') return 1;
  return schema.maxProperties ?? Math.floor((LARGEST_REQUEST_BYTES - 2) / (leastBytes(rest) + 6));
}

/** The fewest bytes that a value takes in a request. */
function leastBytes(schema: Schema | undefined): number {
  switch (schema?.type) {
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return 4;
    case 'object':
      return leastObjectBytes(schema);
    default:
      return 2;
  }
}
function leastObjectBytes({ required = [], properties = {} }: Schema): number {
  const fields = required.filter((name) => properties[name] !== undefined && properties[name].default === undefined);
  return fields.reduce((sum, name) => sum + name.length + leastBytes(properties[name]) + 4, 2);
}

/** How many values of a schema fit into a request. */
export function mostInRequest(schema: Schema): number {
  return Math.floor(LARGEST_REQUEST_BYTES / (leastBytes(schema) + 1));
}
