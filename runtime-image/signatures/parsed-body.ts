import type { IncomingHttpHeaders } from 'node:http';
import { charsetOf, decodedText } from './charset.ts';
import { decompressed } from './decompress.ts';
import { type FormCharset, formFields } from './form-fields.ts';
import { mediaType } from './media-type.ts';
import { Refused } from './refusal.ts';

export interface ParsedBody {
  /** An object for JSON and forms, a string for text/plain, else the bytes. `{}` where there is no body, or no type. */
  body: unknown;
  /** The bytes, decompressed; undefined where there is no body, or no type. */
  rawBody: Buffer | undefined;
}

const JSON_TYPES = ['application/json', 'application/cloudevents+json'];

/** What the Functions Framework makes of a body. @throws Refused where the body is not what its headers say. */
export async function parsedBody(sent: Buffer, headers: IncomingHttpHeaders): Promise<ParsedBody> {
  const contentType = headers['content-type'];
  const type = mediaType(contentType);
  const isAnnounced = headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined;
  if (!isAnnounced || !/^[^\s/]+\/[^\s/]+$/.test(type)) return { body: {}, rawBody: undefined };
  const rawBody = await decompressed(sent, headers['content-encoding']);
  return { body: bodyOf(rawBody, type, charsetOf(contentType) ?? 'utf-8'), rawBody };
}

function bodyOf(bytes: Buffer, type: string, charset: string): unknown {
  if (JSON_TYPES.includes(type)) return jsonOf(bytes, charset);
  if (type === 'text/plain') return decodedText(bytes, charset);
  if (type === 'application/x-www-form-urlencoded') return formOf(bytes, charset);
  return bytes;
}

function jsonOf(bytes: Buffer, charset: string): unknown {
  if (!charset.startsWith('utf-')) throw new Refused(415, 'BadBody', `JSON is not sent in the charset "${charset}"`);
  const text = decodedText(bytes, charset);
  if (text === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Refused(400, 'BadBody', `the body is no JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (typeof value === 'object' && value !== null) return value;
  throw new Refused(400, 'BadBody', 'the body must be a JSON object or array');
}

function formOf(bytes: Buffer, charset: string): unknown {
  if (!isFormCharset(charset)) throw new Refused(415, 'BadBody', `a form is not sent in the charset "${charset}"`);
  const text = decodedText(bytes, charset);
  return text === '' ? {} : formFields(text, charset);
}

function isFormCharset(charset: string): charset is FormCharset {
  return charset === 'utf-8' || charset === 'iso-8859-1';
}
