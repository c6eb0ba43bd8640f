import * as z from 'zod';
import { FunctionSpec, NAME_RULE } from './function.ts';
import { FunctionStatus } from './function-status.ts';
import { GROUP, KIND, PLURAL, TRIGGER_KIND, TRIGGER_PLURAL, VERSION } from './names.ts';
import type { Rule } from './schema-nodes.ts';
import { TRIGGER_NAME_RULE, TriggerSpec } from './trigger.ts';
import { TriggerStatus } from './trigger-status.ts';

/**
 * The CustomResourceDefinitions, made from the zod schemas. Structural: zod's OpenAPI dialect less what the API server does not
 * take, with `maxProperties`, CEL rules and list types passed through from `.meta`.
 */

type Json = { [key: string]: unknown };

export interface Definition {
  apiVersion: 'apiextensions.k8s.io/v1';
  kind: 'CustomResourceDefinition';
  metadata: { name: string };
  spec: Json;
}

/** What is another for each kind. */
interface Custom {
  names: { kind: string; plural: string; singular: string; shortNames: string[]; categories: string[] };
  description: string;
  columns: Json[];
  spec: z.ZodType;
  status: z.ZodType;
  nameRule: Rule;
}

function functionCrd(): Definition {
  return definitionOf({
    names: {
      kind: KIND,
      plural: PLURAL,
      singular: 'function',
      shortNames: ['fn'],
      categories: ['catnap', 'all'],
    },
    description: 'A function: sleeps at zero replicas, wakes when a request comes.',
    columns: FUNCTION_COLUMNS,
    spec: FunctionSpec,
    status: FunctionStatus,
    nameRule: NAME_RULE,
  });
}

function triggerCrd(): Definition {
  return definitionOf({
    names: {
      kind: TRIGGER_KIND,
      plural: TRIGGER_PLURAL,
      singular: 'trigger',
      shortNames: ['trig'],
      categories: ['catnap'],
    },
    description: 'What calls a function without a request: a schedule.',
    columns: TRIGGER_COLUMNS,
    spec: TriggerSpec,
    status: TriggerStatus,
    nameRule: TRIGGER_NAME_RULE,
  });
}

/** All there are, in the order in which they are applied. */
export function definitions(): Definition[] {
  return [functionCrd(), triggerCrd()];
}

const ready = (field: string) => `.status.conditions[?(@.type=="Ready")].${field}`;
const FUNCTION_COLUMNS = [
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
const TRIGGER_COLUMNS = [
  { name: 'Function', type: 'string', jsonPath: '.spec.function', description: 'What it calls.' },
  { name: 'Source', type: 'string', jsonPath: '.status.source', description: 'Where its events come from.' },
  { name: 'Ready', type: 'string', jsonPath: ready('status'), description: 'Whether its events lead to runs.' },
  { name: 'Last', type: 'date', jsonPath: '.status.lastScheduleTime', description: 'Since the last run was due.' },
  // No date: what is to come would be shown as <invalid>.
  { name: 'Next', type: 'string', jsonPath: '.status.nextScheduleTime', description: 'When the next run is due.' },
  { name: 'Failed', type: 'integer', jsonPath: '.status.counts.failed', description: 'Runs that were given up.' },
  { name: 'Reason', type: 'string', jsonPath: ready('reason'), priority: 1, description: 'Why, in one word.' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];

function definitionOf({ names, description, columns, spec, status, nameRule }: Custom): Definition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${names.plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: { ...names, listKind: `${names.kind}List` },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description,
              required: ['spec'],
              properties: {
                apiVersion: { type: 'string', description: `${GROUP}/${VERSION}` },
                kind: { type: 'string', description: names.kind },
                metadata: { type: 'object', properties: { name: { type: 'string', maxLength: 253 } } },
                spec: structural(spec),
                status: structural(status),
              },
              'x-kubernetes-validations': [nameRule],
            },
          },
        },
      ],
    },
  };
}

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
