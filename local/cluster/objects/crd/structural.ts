/** The rules that make a schema structural: what of it is pruned and defaulted has to be plain to see. */
import { sameValue } from '../apply/compare-values.ts';
import type { FieldError } from '../field-error.ts';
import type { Json, Schema } from '../kind-schema.ts';
import { compilePattern } from './pattern.ts';

type Level = 'root' | 'item' | 'field';

export function required(field: string, detail: string): FieldError {
  return { type: 'FieldValueRequired', field, detail };
}
export function forbidden(field: string, detail: string): FieldError {
  return { type: 'FieldValueForbidden', field, detail };
}
export function invalid(field: string, value: unknown, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field, value, detail };
}

/** What is not structural about a schema; sorted by text. */
export function structuralErrors(schema: Schema, path: string): FieldError[] {
  const errors = [...invariantErrors(schema, 'root', path), ...completenessErrors(schema, path)];
  return errors.sort((a, b) => (a.field + a.detail < b.field + b.detail ? -1 : 1));
}

const MISSING_TYPE: Record<Level, string> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

function invariantErrors(schema: Schema, level: Level, path: string): FieldError[] {
  const { items, properties = {}, additionalProperties: rest } = schema;
  return [
    ...(schema.type === 'array' && items === undefined ? [required(`${path}.items`, 'must be specified')] : []),
    ...(items === undefined ? [] : invariantErrors(items, 'item', `${path}.items`)),
    ...Object.entries(properties).flatMap(([name, field]) =>
      invariantErrors(field, 'field', `${path}.properties[${name}]`),
    ),
    ...(rest !== undefined && level === 'root'
      ? [forbidden(`${path}.additionalProperties`, 'must not be used at the root')]
      : []),
    ...(typeof rest === 'object' ? invariantErrors(rest, 'field', `${path}.additionalProperties`) : []),
    ...extensionErrors(schema, path),
    ...validationErrors(schema, path),
    ...typeErrors(schema, level, path),
    ...metaErrors(schema, level, path),
  ];
}

const EMBEDS_NOTHING =
  'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';

function extensionErrors(schema: Schema, path: string): FieldError[] {
  if (!schema['x-kubernetes-int-or-string']) return [];
  const clashing = ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const;
  return clashing
    .filter((name) => schema[name])
    .map((name) => invalid(`${path}.${name}`, true, 'must be false if x-kubernetes-int-or-string is true'));
}

function typeErrors(schema: Schema, level: Level, path: string): FieldError[] {
  const typePath = `${path}.type`;
  if (schema['x-kubernetes-embedded-resource'] && schema.type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    return [schema.type === undefined ? required(typePath, detail) : invalid(typePath, schema.type, detail)];
  }
  const hasNothing =
    Object.keys(schema.properties ?? {}).length === 0 && !schema['x-kubernetes-preserve-unknown-fields'];
  if (schema['x-kubernetes-embedded-resource'] && hasNothing) return [required(`${path}.properties`, EMBEDS_NOTHING)];
  const isOpen = schema['x-kubernetes-int-or-string'] || schema['x-kubernetes-preserve-unknown-fields'];
  if (schema.type === undefined) return isOpen ? [] : [required(typePath, MISSING_TYPE[level])];
  return level === 'root' && schema.type !== 'object'
    ? [invalid(typePath, schema.type, 'must be object at the root')]
    : [];
}

function metaErrors(schema: Schema, level: Level, path: string): FieldError[] {
  const { properties = {} } = schema;
  const isObject = level === 'root' || schema['x-kubernetes-embedded-resource'] === true;
  if (!isObject) return [];
  const errors: FieldError[] = [];
  for (const name of ['kind', 'apiVersion']) {
    const type = properties[name]?.type;
    if (properties[name] !== undefined && type !== 'string')
      errors.push(invalid(`${path}.properties[${name}].type`, type ?? '', 'must be string'));
  }
  const { metadata } = properties;
  const metaPath = `${path}.properties[metadata]`;
  if (metadata !== undefined && metadata.type !== 'object')
    errors.push(invalid(`${metaPath}.type`, metadata.type ?? '', 'must be object'));
  if (metadata !== undefined && level === 'root' && !restrictsNameOnly(metadata)) {
    const detail = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
    errors.push(forbidden(metaPath, detail));
  }
  return errors;
}
function restrictsNameOnly({ type: _, properties = {}, description: _d, ...others }: Schema): boolean {
  const isPlain = Object.keys(others).length === 0;
  return isPlain && Object.keys(properties).every((name) => name === 'name' || name === 'generateName');
}

const INT_OR_STRING: Json = [{ type: 'integer' }, { type: 'string' }];
function isIntOrString(anyOf: Schema[] | undefined): boolean {
  return anyOf !== undefined && sameValue(anyOf as unknown as Json, INT_OR_STRING);
}

/** anyOf, allOf, oneOf and not may only validate; `- type: integer, - type: string` is the one exception. */
function validationErrors(schema: Schema, path: string): FieldError[] {
  const { anyOf = [], allOf = [], oneOf = [], not, pattern } = schema;
  const errors: FieldError[] = [];
  if (!isIntOrString(anyOf)) errors.push(...anyOf.flatMap((part, i) => nestedErrors(part, `${path}.anyOf[${i}]`)));
  for (const [i, part] of allOf.entries()) {
    const skipped = i === 0 && isIntOrString(part.anyOf);
    const { anyOf: _, ...withoutAnyOf } = part;
    errors.push(...nestedErrors(skipped ? withoutAnyOf : part, `${path}.allOf[${i}]`));
  }
  errors.push(...oneOf.flatMap((part, i) => nestedErrors(part, `${path}.oneOf[${i}]`)));
  if (not !== undefined) errors.push(...nestedErrors(not, `${path}.not`));
  if (pattern !== undefined) errors.push(...patternErrors(pattern, `${path}.pattern`));
  return errors;
}

function patternErrors(pattern: string, path: string): FieldError[] {
  try {
    compilePattern(pattern);
    return [];
  } catch (error) {
    const why = (error as Error).message;
    return [invalid(path, pattern, `must be a valid regular expression, but isn't: ${why}`)];
  }
}

/** What must not be inside anyOf and its kin, and how the refusal says it. */
const NESTED: Record<string, string> = {
  type: 'must be empty to be structural',
  additionalProperties: 'must be undefined to be structural',
  default: 'must be undefined to be structural',
  title: 'must be empty to be structural',
  description: 'must be empty to be structural',
  nullable: 'must be false to be structural',
  'x-kubernetes-preserve-unknown-fields': 'must be false to be structural',
  'x-kubernetes-embedded-resource': 'must be false to be structural',
  'x-kubernetes-int-or-string': 'must be false to be structural',
  'x-kubernetes-list-map-keys': 'must be empty to be structural',
  'x-kubernetes-list-type': 'must be undefined to be structural',
  'x-kubernetes-map-type': 'must be undefined to be structural',
  'x-kubernetes-validations': 'must be empty to be structural',
};

function nestedErrors(schema: Schema, path: string): FieldError[] {
  const { items, properties = {} } = schema;
  return [
    ...validationErrors(schema, path),
    ...(items === undefined ? [] : nestedErrors(items, `${path}.items`)),
    ...Object.entries(properties).flatMap(([name, field]) => nestedErrors(field, `${path}.properties[${name}]`)),
    ...Object.entries(NESTED)
      .filter(([name]) => schema[name as keyof Schema])
      .map(([name, detail]) => forbidden(`${path}.${name}`, detail)),
    ...(properties.metadata === undefined
      ? []
      : [forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context')]),
  ];
}

/** Every field that a nested schema of the root validates has to be there outside of it. */
function completenessErrors(root: Schema, path: string): FieldError[] {
  return nestedIn(root, path).flatMap(([part, partPath]) => missingOutside(root, part, partPath, path));
}

function nestedIn({ anyOf = [], allOf = [], oneOf = [], not }: Schema, path: string): [Schema, string][] {
  return [
    ...anyOf.map((part, i): [Schema, string] => [part, `${path}.anyOf[${i}]`]),
    ...allOf.map((part, i): [Schema, string] => [part, `${path}.allOf[${i}]`]),
    ...oneOf.map((part, i): [Schema, string] => [part, `${path}.oneOf[${i}]`]),
    ...(not === undefined ? [] : [[not, `${path}.not`] as [Schema, string]]),
  ];
}

function missingOutside(outside: Schema, nested: Schema, path: string, outsidePath: string): FieldError[] {
  const because = `because it is defined in ${path}`;
  const errors: FieldError[] = [];
  for (const [name, field] of Object.entries(nested.properties ?? {})) {
    const [there, therePath] = [outside.properties?.[name], `${outsidePath}.properties[${name}]`];
    if (there === undefined) errors.push(required(therePath, `${because}.properties[${name}]`));
    else errors.push(...missingOutside(there, field, `${path}.properties[${name}]`, therePath));
  }
  if (nested.items !== undefined) {
    const [there, therePath] = [outside.items, `${outsidePath}.items`];
    if (there === undefined) errors.push(required(therePath, `${because}.items`));
    else errors.push(...missingOutside(there, nested.items, `${path}.items`, therePath));
  }
  for (const [part, partPath] of nestedIn(nested, path))
    errors.push(...missingOutside(outside, part, partPath, outsidePath));
  return errors;
}
