import type { IncomingHttpHeaders } from 'node:http';
import { util, zlib } from '../builtin.ts';
import { mediaType } from './media-type.ts';
import { Refused } from './refusal.ts';
import { BODY_MAX_BYTES } from './whole-body.ts';

export interface ParsedBody {
  /** An object for JSON and forms, a string for text/plain, else the bytes. `{}` where there is no body. */
  body: unknown;
  /** The bytes, decompressed; undefined where there is no body. */
  rawBody: Buffer | undefined;
}

const JSON_TYPES = ['application/json', 'application/cloudevents+json'];

/** What the Functions Framework makes of a body. @throws Refused where the body is not what its headers say. */
export async function parsedBody(sent: Buffer, headers: IncomingHttpHeaders): Promise<ParsedBody> {
  if (sent.length === 0) return { body: {}, rawBody: undefined };
  const rawBody = await decompressed(sent, headers['content-encoding']);
  const type = mediaType(headers['content-type']);
  if (JSON_TYPES.includes(type)) return { body: jsonOf(rawBody), rawBody };
  if (type === 'text/plain') return { body: textOf(rawBody, headers['content-type'] ?? ''), rawBody };
  if (type === 'application/x-www-form-urlencoded') return { body: formOf(rawBody.toString()), rawBody };
  return { body: rawBody, rawBody };
}

function jsonOf(bytes: Buffer): unknown {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch (error) {
    throw new Refused(400, 'BadBody', `the body is no JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (typeof value === 'object' && value !== null) return value;
  throw new Refused(400, 'BadBody', 'the body must be a JSON object or array');
}

function textOf(bytes: Buffer, contentType: string): string {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    throw new Refused(415, 'BadBody', `the charset "${charset}" of the body is not known`);
  }
}

type Zlib = ReturnType<typeof zlib>;

const DECODERS: Readonly<Record<string, (z: Zlib) => (bytes: Buffer, options: object) => Promise<Buffer>>> = {
  gzip: ({ gunzip }) => util.promisify(gunzip),
  deflate: ({ inflate }) => util.promisify(inflate),
  br: ({ brotliDecompress }) => util.promisify(brotliDecompress),
};

async function decompressed(bytes: Buffer, encoding = 'identity'): Promise<Buffer> {
  const name = encoding.trim().toLowerCase();
  if (name === 'identity') return bytes;
  const decode = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
  if (decode === undefined) throw new Refused(415, 'BadBody', `the body's encoding "${name}" is not known`);
  try {
    return await decode(zlib())(bytes, { maxOutputLength: BODY_MAX_BYTES });
  } catch (error) {
    const isLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    if (isLarge) throw new Refused(413, 'BodyTooLarge', 'the body is too large once it is decompressed');
    throw new Refused(400, 'BadBody', `the body is not encoded as ${name}`);
  }
}

/** Depth to which brackets in a form's names make objects. */
const FORM_DEPTH = 5;

type Fields = { [key: string]: unknown };

/** `a=1&a=2&b[c]=3&d[]=4` → `{ a: ['1', '2'], b: { c: '3' }, d: ['4'] }`. */
function formOf(text: string): Fields {
  const fields: Fields = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const path = pathOf(name);
    if (!path.includes('__proto__')) put(fields, path, value);
  }
  return fields;
}

function pathOf(name: string): string[] {
  const [head = '', rest = ''] = /^([^[]+)((?:\[[^[\]]*\])+)$/.exec(name)?.slice(1) ?? [name];
  const inner = [...rest.matchAll(/\[([^[\]]*)\]/g)].map((match) => match[1] ?? '');
  return inner.length > FORM_DEPTH ? [name] : [head, ...inner];
}

function put(fields: Fields, [key = '', ...rest]: string[], value: string): void {
  const before = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (rest.length > 0 && rest[0] !== '') {
    const inner = isFields(before) ? before : {};
    fields[key] = inner;
    put(inner, rest, value);
  } else if (before === undefined) fields[key] = rest.length > 0 ? [value] : value;
  else fields[key] = Array.isArray(before) ? [...before, value] : [before, value];
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
