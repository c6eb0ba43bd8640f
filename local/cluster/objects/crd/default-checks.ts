import { sameValue } from '../apply/compare-values.ts';
import type { FieldError } from '../field-error.ts';
import type { Schema } from '../kind-schema.ts';
import { pruneValue } from '../schema/strict.ts';
import { ruleErrors } from './rules/evaluate.ts';
import { forbidden, invalid } from './structural.ts';
import { valueErrors } from './validate-value.ts';

/**
 * Defaults that would not be valid values themselves. Rules see a default as it is written: the defaults of the fields
 * inside it are not filled in.
 */
export function defaultErrors(schema: Schema, path: string): FieldError[] {
  const { items, properties = {} } = schema;
  return [
    ...ownErrors(schema, `${path}.default`),
    ...(items === undefined ? [] : defaultErrors(items, `${path}.items`)),
    ...Object.entries(properties).flatMap(([name, field]) => defaultErrors(field, `${path}.properties[${name}]`)),
  ];
}

function ownErrors(schema: Schema, path: string): FieldError[] {
  const value = schema.default;
  if (value === undefined) return [];
  if (!sameValue(pruneValue(schema, value).value, value)) return [invalid(path, value, 'must not have unknown fields')];
  const errors = valueErrors(schema, value, undefined, path);
  return errors.length > 0 ? errors : ruleErrors(schema, value, undefined, path);
}

/** Defaults where there may be none: in the metadata of the object itself. */
export function forbiddenDefaults(schema: Schema, path: string, where: string): FieldError[] {
  const own = schema.default === undefined ? [] : [forbidden(`${path}.default`, `must not be set ${where}`)];
  const inside = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    forbiddenDefaults(field, `${path}.properties[${name}]`, where),
  );
  return [...own, ...inside];
}
