import { type Environment, evaluate } from '@marcbachmann/cel-js';
import type { Json, JsonObject, Schema } from '../../kind-schema.ts';
import { celEqual } from './equality.ts';
import { escapedName } from './field-names.ts';

/** A value in rules: whole numbers of the type integer are bigint, objects of a known shape have a class of their own. */
type CelValue = unknown;

interface ObjectType {
  name: string;
  make: new () => Record<string, CelValue>;
}

/** The types that the schemas of one custom resource have in rules, and how values become values of them. */
export class CelTypes {
  readonly #environment: Environment;
  readonly #objects = new Map<Schema, ObjectType>();

  /** @param environment in which the types are registered as they are first named */
  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** The name of a schema's type: `list<string>`. */
  nameOf(schema: Schema): string {
    switch (schema.type) {
      case 'object':
        return this.#nameOfObject(schema);
      case 'array':
        return `list<${schema.items === undefined ? 'dyn' : this.nameOf(schema.items)}>`;
      case 'string':
        return stringType(schema.format);
      case 'integer':
        return 'int';
      case 'number':
        return 'double';
      case 'boolean':
        return 'bool';
      default:
        return 'dyn';
    }
  }

  #nameOfObject(schema: Schema): string {
    const { additionalProperties: rest } = schema;
    if (typeof rest === 'object') return `map<string, ${this.nameOf(rest)}>`;
    return this.#objectType(schema).name;
  }

  #objectType(schema: Schema): ObjectType {
    const before = this.#objects.get(schema);
    if (before !== undefined) return before;
    const name = `Object${this.#objects.size + 1}`;
    const type: ObjectType = { name, make: class {} as ObjectType['make'] };
    this.#objects.set(schema, type);
    const fields: Record<string, string> = {};
    for (const [escaped, , below] of visibleFields(schema)) fields[escaped] = this.nameOf(below);
    this.#environment.registerType(name, { ctor: type.make, fields });
    this.#environment.registerOperator(`${name} == ${name}`, celEqual);
    return type;
  }

  /** `value` as rules see it. */
  valueOf(schema: Schema, value: Json): CelValue {
    if (value === null) return null;
    if (Array.isArray(value)) {
      const { items } = schema;
      return value.map((item) => (items === undefined ? untyped(item) : this.valueOf(items, item)));
    }
    if (typeof value === 'object') return this.#objectOf(schema, value);
    if (typeof value === 'number') return schema.type === 'number' ? value : untyped(value);
    return typeof value === 'string' ? stringValue(schema.format, value) : value;
  }

  #objectOf(schema: Schema, value: JsonObject): CelValue {
    const { additionalProperties: rest } = schema;
    if (typeof rest === 'object')
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.valueOf(rest, item)]));
    if (schema.type !== 'object') return untyped(value);
    const object = new (this.#objectType(schema).make)();
    // What is preserved without being declared cannot be named, but it counts when objects are compared.
    if (schema['x-kubernetes-preserve-unknown-fields']) Object.assign(object, untyped(value));
    for (const [escaped, property, below] of visibleFields(schema)) {
      const item = value[property];
      if (item !== undefined && item !== null) object[escaped] = this.valueOf(below, item); // null counts as absent
    }
    return object;
  }
}

/** Of metadata, rules see the name alone. */
const META_FIELDS = new Set(['name', 'generateName']);

/** Fields that a rule can name: as it writes them, as JSON has them, and their schemas. */
function visibleFields(schema: Schema): [escaped: string, property: string, schema: Schema][] {
  const isMeta = schema['x-name']?.endsWith('.ObjectMeta') ?? false;
  return Object.entries(schema.properties ?? {}).flatMap(([property, below]) => {
    const escaped = isMeta && !META_FIELDS.has(property) ? undefined : escapedName(property);
    return escaped === undefined ? [] : [[escaped, property, below]];
  });
}

function stringType(format: string | undefined): string {
  switch (format) {
    case 'byte':
      return 'bytes';
    case 'date':
    case 'date-time':
      return 'google.protobuf.Timestamp';
    case 'duration':
      return 'google.protobuf.Duration';
    default:
      return 'string';
  }
}

function stringValue(format: string | undefined, value: string): CelValue {
  switch (stringType(format)) {
    case 'bytes':
      return new Uint8Array(Buffer.from(value, 'base64'));
    case 'google.protobuf.Timestamp':
      return new Date(value);
    case 'google.protobuf.Duration':
      return durationValue(value);
    default:
      return value;
  }
}

/** A duration; a text that only the format's more lenient reader takes for one stays a text. */
function durationValue(text: string): CelValue {
  try {
    return evaluate('duration(text)', { text: text.replaceAll(' ', '') });
  } catch {
    return text;
  }
}

/** A value of which no schema is known, as expressions see it: whole numbers are of the type int. */
export function untyped(value: Json): CelValue {
  if (Array.isArray(value)) return value.map(untyped);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, untyped(item)]));
}
