/** Kubernetes objects in protobuf, read into the JSON form. Only what kubectl sends: it wants JSON back. */
import type { Json, JsonObject } from '../../objects/kind-schema.ts';
import { badRequest, unsupportedMediaType } from '../status.ts';
import type { MessageField } from './protobuf-messages.ts';
import { messageFields } from './protobuf-messages.ts';

export const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00]);
const UTF8 = new TextDecoder();

/** The object in an envelope. Throws a 400 for broken bytes and a 415 for a message that is not known here. */
export function decodeProtobuf(body: Buffer): JsonObject {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) throw badRequest('the body is no Kubernetes protobuf message');
  const envelope = elementsOf(body.subarray(MAGIC.length));
  const typeMeta = elementsOf(bytesAt(envelope, 1));
  const apiVersion = textAt(typeMeta, 1);
  const kind = textAt(typeMeta, 2);
  return { kind, apiVersion, ...readMessage(kind, bytesAt(envelope, 2)) };
}

interface Element {
  number: number;
  /** Of a varint its number, of everything else its bytes. */
  value: number | Uint8Array;
}

function bytesAt(elements: readonly Element[], number: number): Uint8Array {
  const value = elements.find((element) => element.number === number)?.value;
  return value instanceof Uint8Array ? value : new Uint8Array();
}

function textAt(elements: readonly Element[], number: number): string {
  return UTF8.decode(bytesAt(elements, number));
}

/** One level of a message. Throws a 400 when it ends too early. */
function elementsOf(bytes: Uint8Array): Element[] {
  const elements: Element[] = [];
  let at = 0;
  const varint = (): number => {
    let result = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined || shift > 63n) throw badRequest('the protobuf message is broken');
      at += 1;
      result |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, result));
    }
  };
  const take = (length: number): Uint8Array => {
    if (length < 0 || at + length > bytes.length) throw badRequest('the protobuf message is broken');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = varint();
    const wire = key & 7;
    const value = wire === 0 ? varint() : take(wire === 2 ? varint() : wire === 1 ? 8 : 4);
    elements.push({ number: key >>> 3, value });
  }
  return elements;
}

function readMessage(message: string, bytes: Uint8Array): JsonObject {
  const fields = messageFields(message);
  if (fields === undefined) throw notKnown();
  const object: JsonObject = {};
  for (const { number, value } of elementsOf(bytes)) {
    const field = fields.get(number);
    if (field !== undefined) addValue(object, field, value);
    else if (!isZero(value)) throw notKnown();
  }
  return object;
}

/** What is not in the table is refused rather than lost; the client can send JSON. */
function notKnown(): Error {
  return unsupportedMediaType(['application/json', 'application/yaml']);
}

function isZero(value: number | Uint8Array): boolean {
  if (typeof value === 'number') return value === 0;
  return value.length === 0 || elementsOrNone(value).every((element) => isZero(element.value));
}

function elementsOrNone(bytes: Uint8Array): Element[] {
  try {
    return elementsOf(bytes);
  } catch {
    return [{ number: 0, value: 1 }]; // no message: text, which counts as something
  }
}

function addValue(object: JsonObject, field: MessageField, value: number | Uint8Array): void {
  const { name, type, shape } = field;
  if (name === '') {
    Object.assign(object, readMessage(type, asBytes(value)));
  } else if (shape === 'map') {
    const pair = elementsOf(asBytes(value));
    const map = (object[name] ?? {}) as JsonObject;
    map[textAt(pair, 1)] = readValue(type, bytesAt(pair, 2));
    object[name] = map;
  } else if (shape === 'list') {
    object[name] = [...((object[name] ?? []) as Json[]), readValue(type, value)];
  } else {
    const read = readValue(type, value);
    const zero = read === '' || read === 0 || read === false || read === null;
    if (!zero || field.keepsZero) object[name] = read;
  }
}

function readValue(type: string, value: number | Uint8Array): Json {
  switch (type) {
    case 's':
      return UTF8.decode(asBytes(value));
    case 'y':
      return Buffer.from(asBytes(value)).toString('base64');
    case 'i':
      return Number(value);
    case 'b':
      return value === 1;
    case 'Quantity':
      return textAt(elementsOf(asBytes(value)), 1);
    case 'IntOrString':
      return readIntOrString(elementsOf(asBytes(value)));
    default:
      return readMessage(type, asBytes(value));
  }
}

function readIntOrString(elements: readonly Element[]): Json {
  const numberAt = (number: number) => Number(elements.find((element) => element.number === number)?.value ?? 0);
  return numberAt(1) === 1 ? textAt(elements, 3) : numberAt(2);
}

function asBytes(value: number | Uint8Array): Uint8Array {
  if (typeof value === 'number') throw badRequest('the protobuf message is broken');
  return value;
}
