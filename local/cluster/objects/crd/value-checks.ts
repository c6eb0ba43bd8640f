/** The checks of one value, without what is inside it. */
import { sameValue } from '../apply/compare-values.ts';
import type { FieldError, FieldErrorType } from '../field-error.ts';
import type { Json, Schema } from '../kind-schema.ts';
import { hasFormat, isKnownFormat } from './formats.ts';
import { compilePattern } from './pattern.ts';

/** Names an error of the value at hand: `text` follows the path and ` in body `. */
export type Report = (type: FieldErrorType, value: unknown, text: string) => FieldError;

function schemaType(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** Formats of numbers as the server's own types have them. */
const NATIVE: Record<string, string> = { integer: 'int64', number: 'float64' };
const NUMBER_FORMATS = new Set(['int32', 'int64', 'float', 'double']);

export function typeErrors(schema: Schema, value: Json, report: Report): FieldError[] {
  const expected = expectedTypes(schema);
  const actual = schemaType(value);
  const fits = expected.includes(actual) || (actual === 'integer' && expected.includes('number'));
  if (expected.length === 0 || fits || (value === null && schema.nullable)) return [];
  const wrong = wrongType(schema.format, expected, value);
  if (wrong === undefined) return [];
  const [type, given] = wrong;
  return [report('FieldValueTypeInvalid', given, `must be of type ${type}: ${JSON.stringify(given)}`)];
}

function expectedTypes(schema: Schema): string[] {
  if (schema['x-kubernetes-int-or-string']) return ['integer', 'string'];
  return schema.type === undefined ? [] : [schema.type];
}

/**
 * What was expected and what is there, of a value that does not fit. Where there is a format, it is what a value of
 * another type is measured against; strings with a format let lists pass, as on a real server.
 */
function wrongType(format: string | undefined, expected: string[], value: Json): [string, string] | undefined {
  const plain: [string, string] = [expected.join(','), schemaType(value)];
  const isNumber = expected.some((type) => type in NATIVE);
  const isChecked = isKnownFormat(format) || (isNumber && NUMBER_FORMATS.has(format ?? ''));
  if (format === undefined || !isChecked || value === null) return plain;
  if (typeof value !== 'string' && !Array.isArray(value)) return [format, NATIVE[schemaType(value)] ?? ''];
  return isNumber ? plain : undefined;
}

/** The first that is wrong of length and pattern, and the format. */
export function stringErrors(schema: Schema, value: string, report: Report): FieldError[] {
  const first = lengthError(schema, value, report) ?? patternError(schema, value, report);
  const errors = first === undefined ? [] : [first];
  if (schema.format !== undefined && !hasFormat(schema.format, value))
    errors.push(report('FieldValueTypeInvalid', value, `must be of type ${schema.format}: ${JSON.stringify(value)}`));
  return errors;
}

function lengthError({ maxLength, minLength }: Schema, value: string, report: Report): FieldError | undefined {
  const mayBeWrong = value.length > (maxLength ?? Number.POSITIVE_INFINITY) || minLength !== undefined;
  const characters = mayBeWrong ? [...value].length : 0;
  if (maxLength !== undefined && characters > maxLength) {
    const detail = `may not be more than ${maxLength} ${maxLength === 1 ? 'byte' : 'bytes'}`;
    return { ...report('FieldValueTooLong', undefined, ''), detail };
  }
  return minLength !== undefined && characters < minLength
    ? report('FieldValueInvalid', value, `should be at least ${minLength} chars long`)
    : undefined;
}

function patternError({ pattern }: Schema, value: string, report: Report): FieldError | undefined {
  if (pattern === undefined || compilePattern(pattern).test(value)) return undefined;
  return report('FieldValueInvalid', value, `should match '${pattern}'`);
}

const INT_RANGE = { int32: 2 ** 31, int64: 2 ** 63 } as const;

/** @param path of the value, for the one text that has it elsewhere */
export function numberErrors(schema: Schema, value: number, report: Report, path: string): FieldError[] {
  const { maximum, minimum, multipleOf } = schema;
  const format = nativeFormat(schema, value);
  if (format !== undefined)
    return [
      {
        type: 'FieldValueInvalid',
        field: '<nil>',
        value: '',
        detail: `Checked value must be of type integer ${format} in ${path}`,
      },
    ];
  const texts: string[] = [];
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) texts.push(`should be a multiple of ${multipleOf}`);
  if (maximum !== undefined && isBeyond(value - maximum, schema.exclusiveMaximum))
    texts.push(`should be less than ${schema.exclusiveMaximum ? '' : 'or equal to '}${maximum}`);
  if (minimum !== undefined && isBeyond(minimum - value, schema.exclusiveMinimum))
    texts.push(`should be greater than ${schema.exclusiveMinimum ? '' : 'or equal to '}${minimum}`);
  return texts.map((text) => report('FieldValueInvalid', value, text));
}

/** What integer type a value does not fit into, in words; undefined: it fits. */
function nativeFormat({ type, format }: Schema, value: number): string | undefined {
  if (type !== 'integer') return undefined;
  const range = INT_RANGE[format as keyof typeof INT_RANGE];
  const fits = Number.isInteger(value) && (range === undefined || (value < range && value >= -range));
  if (fits) return undefined;
  return range === undefined ? '(default format)' : `with format ${format}`;
}
function isBeyond(excess: number, isExclusive: boolean | undefined): boolean {
  return isExclusive ? excess >= 0 : excess > 0;
}
function isMultiple(value: number, factor: number): boolean {
  return Number.isInteger(factor < 1 ? (1 / factor) * value : value / factor);
}

export function enumErrors(schema: Schema, value: Json, report: Report): FieldError[] {
  if (schema.enum === undefined || schema.enum.some((allowed) => sameValue(allowed, value))) return [];
  const names = schema.enum.map((allowed) =>
    JSON.stringify(typeof allowed === 'string' ? allowed : JSON.stringify(allowed)),
  );
  return [{ ...report('FieldValueNotSupported', value, ''), detail: `supported values: ${names.join(', ')}` }];
}

function tooMany(report: Report, count: number, most: number): FieldError {
  const detail = `must have at most ${most} ${most === 1 ? 'item' : 'items'}`;
  return { ...report('FieldValueTooMany', count, ''), detail };
}

export function listSizeErrors(schema: Schema, list: readonly Json[], report: Report): FieldError[] {
  const errors: FieldError[] = [];
  if (schema.minItems !== undefined && list.length < schema.minItems)
    errors.push(report('FieldValueInvalid', list.length, `should have at least ${schema.minItems} items`));
  if (schema.maxItems !== undefined && list.length > schema.maxItems)
    errors.push(tooMany(report, list.length, schema.maxItems));
  if (schema.uniqueItems && list.some((item, i) => list.slice(0, i).some((other) => sameValue(item, other))))
    errors.push(report('FieldValueInvalid', '', "shouldn't contain duplicates"));
  return errors;
}

export function mapSizeErrors(schema: Schema, size: number, report: Report): FieldError[] {
  const errors: FieldError[] = [];
  if (schema.minProperties !== undefined && size < schema.minProperties)
    errors.push(report('FieldValueInvalid', size, `should have at least ${schema.minProperties} properties`));
  if (schema.maxProperties !== undefined && size > schema.maxProperties)
    errors.push(tooMany(report, size, schema.maxProperties));
  return errors;
}
