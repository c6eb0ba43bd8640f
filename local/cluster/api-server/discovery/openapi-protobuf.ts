/**
 * The /openapi/v2 document as protobuf: kubectl asks for this form alone. It holds what kubectl reads of it: the
 * definitions, and which query parameters a PATCH takes.
 */
import type { Fields } from '../resources/fields.ts';
import { fieldsOf, isFields, listOf, textOf } from '../resources/fields.ts';

export const OPENAPI_V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** @param document as JSON has it */
export function encodeOpenApiV2(document: Fields): Buffer {
  const info = fieldsOf(document, 'info');
  return message(
    text(1, textOf(document, 'swagger')),
    bytes(2, message(text(1, textOf(info, 'title')), text(2, textOf(info, 'version')))),
    bytes(8, message(...named(2, fieldsOf(document, 'paths'), encodePath))),
    bytes(9, message(...named(1, fieldsOf(document, 'definitions'), encodeSchema))),
  );
}

function encodePath(path: Fields): Buffer {
  const patch = path.patch;
  if (!isFields(patch)) return message();
  return message(bytes(8, message(...listOf(patch, 'parameters').flatMap(encodeParameter), ...extensions(13, patch))));
}

/** Only those of the query; each is wrapped in what kind of parameter it is. */
function encodeParameter(parameter: Fields): Buffer[] {
  if (parameter.in !== 'query') return [];
  const query = message(text(2, 'query'), text(4, textOf(parameter, 'name')), text(6, 'string'));
  return [bytes(8, message(bytes(1, message(bytes(2, message(bytes(3, query)))))))];
}

function encodeSchema(schema: Fields): Buffer {
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const types = typeof schema.type === 'string' ? [schema.type] : [];
  return message(
    text(1, textOf(schema, '$ref')),
    text(2, textOf(schema, 'format')),
    text(4, textOf(schema, 'description')),
    ...required.map((name) => text(19, name)),
    ...listOf(schema, 'allOf').map((part) => bytes(24, encodeSchema(part))),
    ...encodeAdditional(schema.additionalProperties),
    ...(types.length === 0 ? [] : [bytes(22, message(...types.map((type) => text(1, type))))]),
    ...(isFields(schema.items) ? [bytes(23, message(bytes(1, encodeSchema(schema.items))))] : []),
    ...(isFields(schema.properties) ? [bytes(25, message(...named(1, schema.properties, encodeSchema)))] : []),
    ...extensions(31, schema),
  );
}

function encodeAdditional(additional: unknown): Buffer[] {
  if (isFields(additional)) return [bytes(21, message(bytes(1, encodeSchema(additional))))];
  return additional === true ? [bytes(21, Buffer.from([2 << 3, 1]))] : [];
}

/** Fields that begin with `x-`, each as YAML, of which JSON is a part. */
function extensions(number: number, fields: Fields): Buffer[] {
  return Object.entries(fields)
    .filter(([name]) => name.startsWith('x-'))
    .map(([name, value]) => bytes(number, message(text(1, name), bytes(2, text(2, JSON.stringify(value))))));
}

function named(number: number, map: Fields, encode: (value: Fields) => Buffer): Buffer[] {
  return Object.entries(map).flatMap(([name, value]) =>
    isFields(value) ? [bytes(number, message(text(1, name), bytes(2, encode(value))))] : [],
  );
}

function message(...elements: Buffer[]): Buffer {
  return Buffer.concat(elements);
}

/** Empty text is left out, as it is the same. */
function text(number: number, value: string): Buffer {
  return value === '' ? Buffer.alloc(0) : bytes(number, Buffer.from(value));
}

function bytes(number: number, content: Buffer): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const out: number[] = [];
  for (let left = value; ; left >>>= 7) {
    if (left < 128) return Buffer.from([...out, left]);
    out.push((left & 127) | 128);
  }
}
