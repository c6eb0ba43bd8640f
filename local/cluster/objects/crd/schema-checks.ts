import type { FieldError } from '../field-error.ts';
import type { Json, Schema } from '../kind-schema.ts';
import { defaultErrors, forbiddenDefaults } from './default-checks.ts';
import { listTypeErrors } from './list-type-checks.ts';
import { cardinalityBelow, RuleBudget, type RulePlace, ruleFormErrors } from './rule-checks.ts';
import { forbidden, invalid, structuralErrors } from './structural.ts';

/** What a real server refuses of the schema of a custom resource. */
export function schemaErrors(root: Schema, path: string, hasStatus: boolean): FieldError[] {
  const structural = structuralErrors(root, path);
  const defaults = structural.length > 0 ? [] : defaultErrors(root, path);
  const ownErrors = eachSchema(root, rootPlace(path)).flatMap(([schema, { path: at }]) => plainErrors(schema, at));
  const before = [...rootErrors(root, path, hasStatus), ...structural, ...defaults, ...ownErrors];
  return before.length > 0 ? before : rulesErrors(root, path);
}

function rulesErrors(root: Schema, path: string): FieldError[] {
  const budget = new RuleBudget();
  const errors = eachSchema(root, rootPlace(path))
    .filter(([schema]) => schema['x-kubernetes-validations'] !== undefined)
    .flatMap(([schema, place]) => budget.errorsOf(root, schema, place));
  return [...errors, ...budget.totalErrors(path)];
}

function rootPlace(path: string): RulePlace {
  return { path, cardinality: 1, uncorrelatable: undefined };
}

/** All schemas below (and with) one, but those inside anyOf and its kin. */
function eachSchema(schema: Schema, place: RulePlace): [Schema, RulePlace][] {
  const { items, properties = {}, additionalProperties: rest } = schema;
  const { path, cardinality, uncorrelatable } = place;
  const many = cardinalityBelow(schema, cardinality);
  const lost = schema['x-kubernetes-list-type'] === 'map' ? uncorrelatable : (uncorrelatable ?? path);
  return [
    [schema, place],
    ...Object.entries(properties).flatMap(([name, field]) =>
      eachSchema(field, { path: `${path}.properties[${name}]`, cardinality, uncorrelatable }),
    ),
    ...(items === undefined
      ? []
      : eachSchema(items, { path: `${path}.items`, cardinality: many, uncorrelatable: lost })),
    ...(typeof rest === 'object'
      ? eachSchema(rest, { path: `${path}.additionalProperties`, cardinality: many, uncorrelatable })
      : []),
  ];
}

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const UNSUPPORTED = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'];

function plainErrors(schema: Schema, path: string): FieldError[] {
  const given = schema as Record<string, Json | undefined>;
  const errors = UNSUPPORTED.filter((name) => given[name] !== undefined).map((name) =>
    forbidden(`${path}.${name}`, `${name} is not supported`),
  );
  if (schema.type !== undefined && !TYPES.includes(schema.type)) {
    const detail = `supported values: ${TYPES.map((type) => JSON.stringify(type)).join(', ')}`;
    errors.push({ type: 'FieldValueNotSupported', field: `${path}.type`, value: schema.type, detail });
  }
  if (given.type === 'null')
    errors.push(forbidden(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'));
  if (schema.uniqueItems) {
    const detail = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    errors.push(forbidden(`${path}.uniqueItems`, detail));
  }
  const hasProperties = Object.keys(schema.properties ?? {}).length > 0;
  if (hasProperties && schema.additionalProperties !== undefined && schema.additionalProperties !== true)
    errors.push(forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'));
  return [...errors, ...listTypeErrors(schema, path), ...ruleFormErrors(schema, path)];
}

const AT_ROOT = new Set(
  (
    'description type format title maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems ' +
    'minItems uniqueItems multipleOf required items properties externalDocs example ' +
    'x-kubernetes-preserve-unknown-fields x-kubernetes-validations'
  ).split(' '),
);

function rootErrors(root: Schema, path: string, hasStatus: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const strange = Object.keys(root).filter((name) => !AT_ROOT.has(name));
  if (hasStatus && strange.length > 0) {
    const detail = `only ${[...AT_ROOT].join(' ')} fields are allowed at the root of the schema if the status subresource is enabled`;
    errors.push(invalid(path, root, detail));
  }
  if (root.nullable) errors.push(forbidden(`${path}.nullable`, 'nullable cannot be true at the root'));
  for (const name of ['metadata', 'kind', 'apiVersion']) {
    const field = root.properties?.[name];
    const fieldPath = `${path}.properties[${name}]`;
    if (field !== undefined) errors.push(...forbiddenDefaults(field, fieldPath, `in top-level ${name}`));
  }
  return errors;
}
