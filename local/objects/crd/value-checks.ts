/** The checks of one value, without what is inside it. */
import { sameValue } from '../apply/compare-values.ts';
import type { FieldError, FieldErrorType } from '../field-error.ts';
import type { Json, Schema } from '../kind-schema.ts';
import { hasFormat } from './formats.ts';
import { compilePattern } from './pattern.ts';

/** Names an error of the value at hand: `text` follows the path and ` in body `. */
export type Report = (type: FieldErrorType, value: unknown, text: string) => FieldError;

export function schemaType(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

export function typeErrors(schema: Schema, value: Json, report: Report): FieldError[] {
  const expected = schema['x-kubernetes-int-or-string'] ? ['integer', 'string'] : schema.type ? [schema.type] : [];
  const actual = schemaType(value);
  if (expected.length === 0 || expected.includes(actual)) return [];
  if (value === null && schema.nullable) return [];
  if (actual === 'integer' && expected.includes('number')) return [];
  return [report('FieldValueTypeInvalid', actual, `must be of type ${expected.join(',')}: ${JSON.stringify(actual)}`)];
}

export function stringErrors(schema: Schema, value: string, report: Report): FieldError[] {
  const errors: FieldError[] = [];
  const characters = value.length > (schema.maxLength ?? Infinity) || schema.minLength ? [...value].length : 0;
  if (schema.maxLength !== undefined && characters > schema.maxLength) {
    const unit = schema.maxLength === 1 ? 'byte' : 'bytes';
    errors.push({
      ...report('FieldValueTooLong', undefined, ''),
      detail: `may not be more than ${schema.maxLength} ${unit}`,
    });
  }
  if (schema.minLength !== undefined && characters < schema.minLength)
    errors.push(report('FieldValueInvalid', value, `should be at least ${schema.minLength} chars long`));
  if (schema.pattern !== undefined && !compilePattern(schema.pattern).test(value))
    errors.push(report('FieldValueInvalid', value, `should match '${schema.pattern}'`));
  if (schema.format !== undefined && !hasFormat(schema.format, value))
    errors.push(report('FieldValueTypeInvalid', value, `must be of type ${schema.format}: ${JSON.stringify(value)}`));
  return errors;
}

const INT_RANGE = { int32: 2 ** 31, int64: 2 ** 63 } as const;

export function numberErrors(schema: Schema, value: number, report: Report): FieldError[] {
  const { maximum, minimum, multipleOf } = schema;
  const range = schema.type === 'integer' ? INT_RANGE[schema.format as keyof typeof INT_RANGE] : undefined;
  const texts: string[] = [];
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) texts.push(`should be a multiple of ${multipleOf}`);
  if (maximum !== undefined && isBeyond(value - maximum, schema.exclusiveMaximum))
    texts.push(`should be less than ${schema.exclusiveMaximum ? '' : 'or equal to '}${maximum}`);
  if (minimum !== undefined && isBeyond(minimum - value, schema.exclusiveMinimum))
    texts.push(`should be greater than ${schema.exclusiveMinimum ? '' : 'or equal to '}${minimum}`);
  if (range !== undefined && (value >= range || value < -range))
    texts.push(`must be of type ${schema.format}: ${JSON.stringify(String(value))}`);
  return texts.map((text) => report('FieldValueInvalid', value, text));
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
