import * as z from 'zod';
import { FunctionSpec, NAME_RULE } from './function.ts';
import { FunctionStatus } from './function-status.ts';
import { GROUP, KIND, PLURAL, VERSION } from './names.ts';

type Json = { [key: string]: unknown };

/**
 * The CustomResourceDefinition of Function, made from the zod schemas. Structural: zod's OpenAPI dialect less what the
 * API server does not take, with `maxProperties`, CEL rules and list types passed through from `.meta`.
 */
export function functionCrd(): Json {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${PLURAL}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: {
        kind: KIND,
        listKind: `${KIND}List`,
        plural: PLURAL,
        singular: 'function',
        shortNames: ['fn'],
        categories: ['catnap', 'all'],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: COLUMNS,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description: 'A function: sleeps at zero replicas, wakes when a request comes.',
              required: ['spec'],
              properties: {
                apiVersion: { type: 'string', description: 'catnap.dev/v1alpha1' },
                kind: { type: 'string', description: 'Function' },
                metadata: { type: 'object', properties: { name: { type: 'string', maxLength: 253 } } },
                spec: structural(FunctionSpec),
                status: structural(FunctionStatus),
              },
              'x-kubernetes-validations': [NAME_RULE],
            },
          },
        },
      ],
    },
  };
}

const ready = (field: string) => `.status.conditions[?(@.type=="Ready")].${field}`;
const COLUMNS = [
  { name: 'Ready', type: 'string', jsonPath: ready('status'), description: 'Whether the function can answer.' },
  { name: 'Reason', type: 'string', jsonPath: ready('reason'), description: 'Why, in one word.' },
  { name: 'Replicas', type: 'integer', jsonPath: '.status.replicas', description: 'Pods there are.' },
  { name: 'URL', type: 'string', jsonPath: '.status.url', description: 'Where it answers.' },
  {
    name: 'Revision',
    type: 'string',
    jsonPath: '.status.revision',
    priority: 1,
    description: 'The revision that takes traffic.',
  },
  {
    name: 'Concurrency',
    type: 'integer',
    jsonPath: '.spec.concurrency.target',
    priority: 1,
    description: 'Requests in flight per replica that the autoscaler aims at.',
  },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];

function structural(schema: z.ZodType): Json {
  return clean(z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }) as Json);
}

/** Drops what a structural schema may not hold, at every depth. */
function clean(node: Json): Json {
  if (node['x-kubernetes-int-or-string'] === true) {
    const { anyOf: _, ...rest } = node;
    return rest;
  }
  const { $schema: _schema, propertyNames: _names, ...rest } = node;
  const out: Json = { ...rest };
  if (isNode(out.properties))
    out.properties = Object.fromEntries(Object.entries(out.properties).map(([k, v]) => [k, clean(v as Json)]));
  if (isNode(out.items)) out.items = clean(out.items);
  if (isNode(out.additionalProperties)) out.additionalProperties = clean(out.additionalProperties);
  if (out.type === 'integer' && out.format === undefined) out.format = 'int32';
  if (isNode(out.default) && isNode(out.properties)) out.default = { ...defaultsOf(out.properties), ...out.default };
  return out;
}

/** The API server runs CEL rules on a default as it is written, before it fills in the ones below it. */
const defaultsOf = (properties: Json): Json =>
  Object.fromEntries(
    Object.entries(properties).flatMap(([key, node]) =>
      isNode(node) && 'default' in node ? [[key, node.default]] : [],
    ),
  );

const isNode = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
