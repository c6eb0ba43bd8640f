import type { IncomingHttpHeaders } from 'node:http';
import { charsetOf, decodedText } from './charset.ts';
import type { CloudEvent } from './cloud-event.ts';
import { convertedLegacyEvent } from './legacy-event.ts';
import { isJson, isTextual, mediaType } from './media-type.ts';
import { percentDecoded } from './percent.ts';
import { Refused } from './refusal.ts';

const STRUCTURED = 'application/cloudevents';
const BATCH = 'application/cloudevents-batch';
/** What every event has. */
const REQUIRED = ['id', 'source', 'specversion', 'type'] as const;

/**
 * The event that a request carries.
 * - binary: attributes in `ce-` headers, percent-encoded, the body is the data: JSON by its type, text, else bytes.
 * - structured: `application/cloudevents+json`.
 * - what Cloud Functions sent before CloudEvents, and what a Pub/Sub subscription pushes.
 * @throws Refused: 400 where it is none of these, 415 for a batch or another format.
 */
export function cloudEventOf(headers: IncomingHttpHeaders, body: Buffer, path: string): CloudEvent {
  const type = mediaType(headers['content-type']);
  if (type.startsWith(BATCH)) throw new Refused(415, 'UnsupportedEvent', 'batches are not taken: send one event each');
  if (type.startsWith(STRUCTURED) && !isJson(type)) {
    throw new Refused(415, 'UnsupportedEvent', `events as ${type} are not taken: send ${STRUCTURED}+json`);
  }
  const isBinary = !type.startsWith(STRUCTURED) && Object.keys(headers).some((name) => name.startsWith('ce-'));
  const event = isBinary ? binaryEvent(headers, body) : structuredEvent(body, path);
  requireAttributes(event);
  if (headers.traceparent !== undefined) event.traceparent ??= headers.traceparent;
  return event;
}

function binaryEvent(headers: IncomingHttpHeaders, body: Buffer): CloudEvent {
  const event: CloudEvent = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('ce-') && typeof value === 'string') event[name.slice(3)] = percentDecoded(value);
  }
  const contentType = headers['content-type'];
  if (contentType !== undefined) event.datacontenttype = contentType;
  const type = mediaType(contentType);
  if (body.length > 0)
    event.data = isJson(type)
      ? jsonOf(body)
      : isTextual(type)
        ? decodedText(body, charsetOf(contentType) ?? 'utf-8')
        : body;
  return event;
}

function structuredEvent(body: Buffer, path: string): CloudEvent {
  const value = jsonOf(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refused(400, 'BadEvent', 'the body is no event: it must be a JSON object');
  }
  const event = convertedLegacyEvent(value as CloudEvent, path) ?? (value as CloudEvent);
  if (typeof event.data_base64 !== 'string') return event;
  const { data_base64: encoded, ...rest } = event;
  return { ...rest, data: Buffer.from(encoded, 'base64') };
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(decodedText(body, 'utf-8'));
  } catch (error) {
    throw new Refused(400, 'BadEvent', `the body is no JSON: ${error instanceof Error ? error.message : error}`);
  }
}

function requireAttributes(event: CloudEvent): void {
  const missing = REQUIRED.filter((name) => typeof event[name] !== 'string' || event[name] === '');
  if (missing.length > 0) {
    throw new Refused(400, 'BadEvent', `the request is no CloudEvent: it lacks ${missing.join(', ')}`);
  }
  if (!/^1\.\d+$/.test(String(event.specversion))) {
    throw new Refused(400, 'BadEvent', `CloudEvents ${event.specversion} is not taken: send specversion 1.0`);
  }
}
