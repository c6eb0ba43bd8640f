/** How values merge: a schema seen the way server-side apply sees it. */
import type { Json, JsonObject, Schema } from '../kind-schema.ts';

export type ScalarType = 'numeric' | 'string' | 'boolean' | 'untyped';

/** Which of the three forms a value may take; more than one for schemas without a type. */
export interface MergeType {
  readonly scalar?: ScalarType;
  readonly list?: MergeList;
  readonly map?: MergeMap;
}
export interface MergeList {
  /** Owned as one. */
  readonly atomic: boolean;
  /** Of a list that is not atomic: the keys of its items; none: a set of scalars. */
  readonly keys: readonly string[];
  readonly element: MergeType;
  /** What a key counts as when an item leaves it out. */
  readonly keyDefaults: Readonly<Record<string, Json>>;
}
export interface MergeMap {
  readonly atomic: boolean;
  /** Type of a declared field. */
  field(name: string): MergeType | undefined;
  /** Type of any other key; undefined: there may be none. */
  readonly element: MergeType | undefined;
}

/** Anything, owned as one. */
const ATOMIC: MergeType = {
  scalar: 'untyped',
  get list(): MergeList {
    return { atomic: true, keys: [], element: ATOMIC, keyDefaults: {} };
  },
  get map(): MergeMap {
    return { atomic: true, field: () => undefined, element: ATOMIC };
  },
};
/** Anything: maps field by field, lists as one. */
const DEDUCED: MergeType = {
  scalar: 'untyped',
  list: { atomic: true, keys: [], element: ATOMIC, keyDefaults: {} },
  get map(): MergeMap {
    return { atomic: false, field: () => undefined, element: DEDUCED };
  },
};

const known = { pruning: new WeakMap<Schema, MergeType>(), preserving: new WeakMap<Schema, MergeType>() };

/**
 * The merge type of a schema; computed once per schema.
 * @param preserving a schema above keeps unknown fields, which goes for everything below it
 */
export function mergeType(schema: Schema, preserving = false): MergeType {
  const preserve = preserving || schema['x-kubernetes-preserve-unknown-fields'] === true;
  const cache = preserve ? known.preserving : known.pruning;
  let type = cache.get(schema);
  if (type === undefined) {
    type = build(schema, preserve);
    cache.set(schema, type);
  }
  return type;
}

function build(schema: Schema, preserve: boolean): MergeType {
  switch (schema.type) {
    case 'object':
      return { map: mapOf(schema, preserve) };
    case 'array':
      return { list: listOf(schema, preserve) };
    case 'integer':
    case 'number':
      return { scalar: 'numeric' };
    case 'boolean':
      return { scalar: 'boolean' };
    case 'string':
      return { scalar: schema.format === undefined || schema.format === 'byte' ? 'string' : 'untyped' };
    default:
      return { scalar: 'untyped', list: listOf(schema, preserve), map: mapOf(schema, preserve) };
  }
}

function mapOf(schema: Schema, preserve: boolean): MergeMap {
  const properties = schema.properties ?? {};
  return {
    atomic: schema['x-kubernetes-map-type'] === 'atomic',
    field(name) {
      const field = Object.hasOwn(properties, name) ? properties[name] : undefined;
      return field === undefined ? undefined : mergeType(field, preserve);
    },
    get element() {
      return otherKeys(schema, preserve);
    },
  };
}

function otherKeys(schema: Schema, preserve: boolean): MergeType | undefined {
  const rest = schema.additionalProperties;
  if (typeof rest === 'object') return mergeType(rest, preserve);
  if (rest === true) return DEDUCED;
  if (rest === false) return undefined;
  return preserve || Object.keys(schema.properties ?? {}).length === 0 ? DEDUCED : undefined;
}

function listOf(schema: Schema, preserve: boolean): MergeList {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const items = schema.items;
  const listType = schema['x-kubernetes-list-type'] ?? 'atomic';
  return {
    atomic: listType === 'atomic',
    keys: listType === 'map' ? keys : [],
    get element() {
      return items === undefined ? ATOMIC : mergeType(items, preserve);
    },
    keyDefaults: items === undefined ? {} : keyDefaults(items, keys),
  };
}

const ZERO = { string: '', integer: 0, number: 0, boolean: false } as const;

/** Defaults of a custom resource's keys are in its schema; a built-in kind's keys default to zero, protocol to TCP. */
function keyDefaults(items: Schema, keys: readonly string[]): Record<string, Json> {
  const defaults: Record<string, Json> = {};
  for (const key of keys) {
    const schema = items.properties?.[key];
    if (schema?.default !== undefined) defaults[key] = schema.default;
    else if (items['x-name'] !== undefined && schema?.type !== undefined && schema.type in ZERO)
      defaults[key] = key === 'protocol' ? 'TCP' : ZERO[schema.type as keyof typeof ZERO];
  }
  return defaults;
}

export type Form = 'scalar' | 'list' | 'map';

/** The form under which `value` is handled: its own where the type allows it, else the type's first. */
export function formOf(type: MergeType, value: Json | undefined): Form {
  const own = value === undefined || value === null ? undefined : ownForm(value);
  if (own !== undefined && type[own] !== undefined) return own;
  if (type.map !== undefined) return 'map';
  return type.scalar === undefined ? 'list' : 'scalar';
}
function ownForm(value: Json): Form {
  if (Array.isArray(value)) return 'list';
  return typeof value === 'object' ? 'map' : 'scalar';
}

export function asMap(value: Json | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}
export function asList(value: Json | undefined): Json[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

/** Type of the value under `key` of a map; undefined for a key that is not declared. */
export function typeUnder(map: MergeMap, key: string): MergeType | undefined {
  return map.field(key) ?? map.element;
}
