import type { Json, JsonObject, Schema } from '../kind-schema.ts';

/**
 * `value` with the schema's defaults filled in, level by level: a default counts where its object is there. Null counts as
 * absent unless the schema allows it. Nothing of `value` changes.
 */
export function withDefaults(schema: Schema, value: Json): Json {
  if (Array.isArray(value)) return schema.items === undefined ? value : value.map(withDefaultsOf(schema.items));
  if (typeof value !== 'object' || value === null) return value;
  return filledMap(schema, value);
}

function filledMap(schema: Schema, map: JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const [key, item] of Object.entries(map)) {
    const field = fieldSchema(schema, key);
    const kept = field === undefined ? item : given(field, item);
    if (kept !== undefined) out[key] = field === undefined ? kept : withDefaults(field, kept);
  }
  for (const [key, field] of Object.entries(schema.properties ?? {})) {
    if (field.default !== undefined && out[key] === undefined)
      out[key] = withDefaults(field, structuredClone(field.default));
  }
  return out;
}

function fieldSchema(schema: Schema, key: string): Schema | undefined {
  const { properties, additionalProperties } = schema;
  if (properties !== undefined && Object.hasOwn(properties, key)) return properties[key];
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

/** The value itself; its default for a null that is not allowed; undefined when that has no default either. */
function given(schema: Schema, value: Json): Json | undefined {
  return value === null && !schema.nullable ? structuredClone(schema.default) : value;
}

/** Null items stay when there is no default: validation will say so. */
function withDefaultsOf(items: Schema): (item: Json) => Json {
  return (item) => withDefaults(items, given(items, item) ?? null);
}
