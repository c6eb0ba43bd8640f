import type { Json, JsonObject, Schema } from '../kind-schema.ts';

const INT_OR_STRING_NAME = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString';
const QUANTITY_NAME = 'io.k8s.apimachinery.pkg.api.resource.Quantity';

export const INT_OR_STRING: JsonObject = {
  [INT_OR_STRING_NAME]: {
    description: 'A whole number, or a string.',
    format: 'int-or-string',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  },
};
export const QUANTITY: JsonObject = {
  [QUANTITY_NAME]: {
    description: 'An amount with an optional suffix: 500m, 2, 64Mi, 1e3.',
    oneOf: [{ type: 'string' }, { type: 'number' }],
  },
};

interface Components {
  /** Adds a schema under its name, with those that it refers to. */
  add(name: string, schema: Schema, more: JsonObject): void;
  done(): JsonObject;
}

/**
 * Collects the schemas of a document: those that have a name are written once and referred to, so that a cyclic graph
 * becomes a finite document.
 */
export function componentSchemas(refPrefix: string): Components {
  const components: JsonObject = {};

  function reference(name: string): JsonObject {
    return { $ref: `${refPrefix}${name}` };
  }

  /** A use of a schema: a reference with what is said of this use, or the schema itself. */
  function use(schema: Schema): JsonObject {
    if (schema['x-kubernetes-int-or-string'] && isBare(schema)) return withText(reference(INT_OR_STRING_NAME), schema);
    if (schema.format === 'quantity') return reference(QUANTITY_NAME);
    const name = schema['x-name'];
    if (name === undefined) return body(schema);
    if (components[name] === undefined) {
      components[name] = {}; // holds the place: the schema may refer to itself
      components[name] = body(schema);
    }
    return withText(reference(name), schema);
  }

  /** Keywords beside a reference would be ignored: it goes into an allOf. */
  function withText(ref: JsonObject, schema: Schema): JsonObject {
    const said = extensionsOf(schema);
    if (schema.description !== undefined) said.description = schema.description;
    return Object.keys(said).length === 0 ? ref : { ...said, allOf: [ref] };
  }

  function body(schema: Schema): JsonObject {
    const { items, additionalProperties: rest } = schema;
    return {
      ...plainKeywords(schema),
      ...(schema.properties !== undefined && { properties: fields(schema.properties) }),
      ...(items !== undefined && { items: use(items) }),
      ...(rest !== undefined && { additionalProperties: typeof rest === 'boolean' ? rest : use(rest) }),
      ...combinations(schema),
    };
  }
  function fields(properties: Record<string, Schema>): JsonObject {
    return Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, use(field)]));
  }
  function combinations({ allOf, anyOf, oneOf, not }: Schema): JsonObject {
    const lists = Object.entries({ allOf, anyOf, oneOf }).filter(([, parts]) => parts !== undefined);
    const out: JsonObject = Object.fromEntries(lists.map(([keyword, parts]) => [keyword, (parts ?? []).map(body)]));
    if (not !== undefined) out.not = body(not);
    return out;
  }

  return {
    add(name, schema, more) {
      components[name] = {};
      components[name] = { ...body(schema), ...more };
    },
    done: () => components,
  };
}

/** Nothing is said of it but that it is an integer or a string. */
function isBare({ pattern, maxLength, anyOf, allOf }: Schema): boolean {
  return [pattern, maxLength, anyOf, allOf].every((keyword) => keyword === undefined);
}

const NESTED = new Set(['properties', 'items', 'additionalProperties', 'allOf', 'anyOf', 'oneOf', 'not']);
const OURS = new Set(['x-name', 'x-when-empty']);

function plainKeywords(schema: Schema): JsonObject {
  const out: JsonObject = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (!NESTED.has(keyword) && !OURS.has(keyword)) out[keyword] = value as Json;
  }
  if (out.format === 'date-time-micro') out.format = 'date-time';
  return out;
}

function extensionsOf(schema: Schema): JsonObject {
  const said = Object.entries(plainKeywords(schema)).filter(([keyword]) => keyword.startsWith('x-kubernetes-'));
  return Object.fromEntries(said.filter(([keyword]) => keyword !== 'x-kubernetes-int-or-string'));
}
