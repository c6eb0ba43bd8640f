import type { Schema } from '../kind-schema.ts';
import type { FieldFacts, ModelFacts } from './fact-table.ts';

/** One field as client-node's generated models describe it. */
export interface ModelAttribute {
  baseName: string;
  type: string;
  format: string;
}
/** The attributes of a model, or undefined when there is no such model. */
type AttributesOf = (model: string) => readonly ModelAttribute[] | undefined;

const ARRAY = /^Array<(.*)>$/;
const MAP = /^\{ \[key: string\]: (.*); \}$/;

function numberSchema(format: string): Schema {
  return { type: format === 'double' || format === 'float' ? 'number' : 'integer', format };
}

const SCALARS: Record<string, (format: string) => Schema> = {
  string: (format) => (format === '' ? { type: 'string' } : { type: 'string', format }),
  boolean: () => ({ type: 'boolean' }),
  number: numberSchema,
  Date: () => ({ type: 'string', format: 'date-time' }),
  V1MicroTime: () => ({ type: 'string', format: 'date-time-micro' }),
  IntOrString: () => ({ 'x-kubernetes-int-or-string': true }),
  any: () => ({ 'x-kubernetes-preserve-unknown-fields': true }),
};

/** Turns models into schemas; each model has one schema, shared by all its users, so the graph may be cyclic. */
export function modelSchemas(
  attributesOf: AttributesOf,
  facts: ReadonlyMap<string, ModelFacts>,
): (model: string) => Schema | undefined {
  const known = new Map<string, Schema>();

  function ofType(type: string, format: string, quantity: boolean): Schema {
    const element = ARRAY.exec(type)?.[1];
    if (element !== undefined) return { type: 'array', items: ofType(element, format, quantity) };
    const value = MAP.exec(type)?.[1];
    if (value !== undefined) return { type: 'object', additionalProperties: ofType(value, format, quantity) };
    if (quantity) return { type: 'string', format: 'quantity' };
    const scalar = SCALARS[type];
    return scalar === undefined ? (ofModel(type) ?? { 'x-kubernetes-preserve-unknown-fields': true }) : scalar(format);
  }

  function ofModel(model: string): Schema | undefined {
    const before = known.get(model);
    if (before !== undefined) return before;
    const attributes = attributesOf(model);
    if (attributes === undefined) return undefined;
    const modelFacts = facts.get(model);
    const properties: Record<string, Schema> = {};
    const schema: Schema = { type: 'object', properties, 'x-name': schemaName(model, modelFacts) };
    if (modelFacts?.atomic) schema['x-kubernetes-map-type'] = 'atomic';
    known.set(model, schema);
    for (const { baseName, type, format } of attributes) {
      const field = modelFacts?.fields.get(baseName);
      properties[baseName] = withFacts(ofType(type, format, field?.quantity ?? false), field);
    }
    return schema;
  }
  return ofModel;
}

/** `V1Pod` → `io.k8s.api.core.v1.Pod`. */
function schemaName(model: string, facts: ModelFacts | undefined): string {
  return `${facts?.package ?? 'io.k8s'}.${model.replace(/^[A-Za-z]*?V\d+(?:(?:alpha|beta)\d+)?(?=[A-Z])/, '')}`;
}

/** `schema` with what is known of this use of it. A shared schema is not changed: its properties are shared by the copy. */
function withFacts(schema: Schema, field: FieldFacts | undefined): Schema {
  if (field === undefined) return schema;
  const extensions: Schema = {};
  if (field.listType !== undefined) {
    if (schema.type === 'array') extensions['x-kubernetes-list-type'] = field.listType;
    else extensions['x-kubernetes-map-type'] = 'atomic';
  }
  if (field.mapKeys !== undefined) extensions['x-kubernetes-list-map-keys'] = field.mapKeys;
  if (field.patchStrategy !== undefined) extensions['x-kubernetes-patch-strategy'] = field.patchStrategy;
  if (field.patchMergeKey !== undefined) extensions['x-kubernetes-patch-merge-key'] = field.patchMergeKey;
  if (field.whenEmpty !== undefined) extensions['x-when-empty'] = field.whenEmpty;
  // A model still being built is seen complete later: the copy shares its `properties` object.
  return Object.keys(extensions).length === 0 ? schema : { ...schema, ...extensions };
}
