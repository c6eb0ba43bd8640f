import type { FieldError } from '../field-error.ts';
import type { Json, KindSchema, KubeObject, ScalePaths, Schema } from '../kind-schema.ts';
import { encodedMeta } from '../schema/encoded-object.ts';
import { withDefaults } from './default-values.ts';
import { embeddedErrors } from './embedded-objects.ts';
import { withoutMetadata } from './kind.ts';
import { duplicateItems } from './list-uniqueness.ts';
import { ruleErrors } from './rules/evaluate.ts';
import { valueErrors } from './validate-value.ts';

/**
 * A custom resource with the defaults of its schema and without what is empty in its metadata; to be called once unknown
 * fields are gone, and on what is merged or applied. The given object does not change.
 */
export function defaultCustomObject(kind: KindSchema, object: KubeObject): KubeObject {
  const filled = withDefaults(kind.root, object as unknown as Json) as unknown as KubeObject;
  return { ...filled, metadata: encodedMeta(filled.metadata) };
}

const validated = new WeakMap<Schema, Schema>();
/** The root without metadata; made once. */
function validatedSchema({ root }: KindSchema): Schema {
  let schema = validated.get(root);
  if (schema === undefined) {
    schema = withoutMetadata(root);
    validated.set(root, schema);
  }
  return schema;
}

/** After one of these, rules would only confuse. */
const BLOCKING: ReadonlySet<FieldError['type']> = new Set<FieldError['type']>([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);
const RULES_SKIPPED: FieldError = {
  type: 'FieldValueInvalid',
  field: '<nil>',
  value: null,
  detail:
    'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

/**
 * What is wrong with a custom resource: its schema, items that are there twice, CEL rules. Not: metadata.
 * @param old the object before an update: unchanged mistakes are excused, and transition rules apply
 */
export function validateCustomObject(kind: KindSchema, object: KubeObject, old?: KubeObject): FieldError[] {
  const schema = validatedSchema(kind);
  const [value, before] = [object as unknown as Json, old as unknown as Json | undefined];
  const found = [
    ...valueErrors(schema, value, before),
    ...scaleErrors(kind.scale, value, 'both'),
    ...embeddedErrors(schema, value),
  ];
  return withRules(kind, value, before, found);
}

/** The same for a write of status: only status and the rules count. */
export function validateCustomStatus(kind: KindSchema, object: KubeObject, old?: KubeObject): FieldError[] {
  const status = object.status as Json | undefined;
  const schema = kind.root.properties?.status;
  const value = object as unknown as Json;
  const found =
    status === undefined || schema === undefined
      ? []
      : valueErrors(schema, status, old?.status as Json | undefined, 'status');
  const errors = [...found, ...scaleErrors(kind.scale, value, 'status')];
  return withRules(kind, value, old as unknown as Json | undefined, errors);
}
function withRules(kind: KindSchema, value: Json, before: Json | undefined, found: FieldError[]): FieldError[] {
  const schema = validatedSchema(kind);
  const wereUnique = before === undefined || duplicateItems(schema, before).length === 0;
  const errors = wereUnique ? [...found, ...duplicateItems(schema, value)] : found;
  if (errors.some(({ type }) => BLOCKING.has(type)))
    return hasRules(withoutMetadata(kind.root)) ? [...errors, RULES_SKIPPED] : errors;
  return [...errors, ...ruleErrors(kind.root, value, before)];
}

function hasRules(schema: Schema): boolean {
  const { properties = {}, items, additionalProperties: rest } = schema;
  return (
    (schema['x-kubernetes-validations']?.length ?? 0) > 0 ||
    Object.values(properties).some(hasRules) ||
    (items !== undefined && hasRules(items)) ||
    (typeof rest === 'object' && hasRules(rest))
  );
}

const MOST_REPLICAS = 2 ** 31 - 1;

function scaleErrors(scale: ScalePaths | undefined, object: Json, which: 'both' | 'status'): FieldError[] {
  if (scale === undefined) return [];
  const paths = which === 'both' ? [scale.specReplicasPath, scale.statusReplicasPath] : [scale.statusReplicasPath];
  return paths.flatMap((path) => {
    const replicas = path
      .split('.')
      .filter(Boolean)
      .reduce<unknown>((at, name) => (at as Record<string, unknown> | null | undefined)?.[name], object);
    if (typeof replicas !== 'number') return [];
    const wrong = (detail: string): FieldError[] => [
      { type: 'FieldValueInvalid', field: path, value: replicas, detail },
    ];
    if (replicas < 0) return wrong('should be a non-negative integer');
    return replicas > MOST_REPLICAS ? wrong(`should be less than or equal to ${MOST_REPLICAS}`) : [];
  });
}
