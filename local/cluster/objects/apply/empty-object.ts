import type { Json, JsonObject, KindSchema, Schema } from '../kind-schema.ts';

/** What an object is compared with before it exists: of a built-in kind, the fields that its encoder always writes. */
export function emptyObject(kind: KindSchema): JsonObject {
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  return { apiVersion, kind: kind.kind, ...(kind.builtin ? alwaysWritten(kind.root) : {}) };
}

function alwaysWritten(schema: Schema): JsonObject {
  const out: JsonObject = {};
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const value = whenAbsent(field);
    if (value !== undefined) out[name] = value;
  }
  return out;
}
function whenAbsent(field: Schema): Json | undefined {
  if (field['x-when-empty'] === 'write') return field.type === 'string' ? null : alwaysWritten(field);
  return field['x-when-empty'] === 'keep' ? null : undefined;
}
