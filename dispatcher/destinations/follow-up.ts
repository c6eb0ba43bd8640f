import { createHash } from 'node:crypto';
import type { StoredRequest } from '#api/invocations.ts';
import type { Destination } from '../functions/async-policy.ts';
import type { NewEntry, Owner } from '../store/store.ts';
import { entryHead } from './entry-head.ts';
import { destinationEvent, type Ended } from './event.ts';

interface Following {
  destination: Destination;
  /** Of the entry that has ended. */
  depth: number;
  /** Undefined: there is no such Function. */
  uidOf: (namespace: string, name: string) => string | undefined;
}

/** Fields by which what is traced stays one trace. */
const TRACED = ['traceparent', 'tracestate', 'baggage'];

/**
 * The entry that carries the word of an end; undefined: the function that it is for is not there. Its id follows from that of the
 * ended one, so that what is settled twice makes one. One for an address belongs to the function whose entry has ended.
 */
export function followUp(ended: Ended, { destination, depth, uidOf }: Following): NewEntry | undefined {
  const id = followUpId(ended);
  const { namespace } = ended.owner;
  const owner = 'url' in destination ? ended.owner : named(destination.function, namespace, uidOf);
  if (owner === undefined) return undefined;
  const body = destinationEvent(ended);
  const facts = { depth: depth + 1, ...('url' in destination && { url: destination.url }) };
  return { id, owner, head: entryHead(requestOf(id, owner, { ended, bytes: body.byteLength }), facts), body };
}

function named(name: string, namespace: string, uidOf: Following['uidOf']): Owner | undefined {
  const uid = uidOf(namespace, name);
  return uid === undefined ? undefined : { uid, namespace, name };
}

function requestOf(
  id: string,
  { namespace, name }: Owner,
  { ended, bytes }: { ended: Ended; bytes: number },
): StoredRequest {
  const headers = ['host', `${name}.${namespace}`, 'content-type', 'application/cloudevents+json; charset=utf-8'];
  headers.push('content-length', String(bytes), ...traceOf(ended.request?.headers ?? []));
  return { method: 'POST', path: '/', headers, requestId: id };
}

function traceOf(fields: readonly string[]): string[] {
  return fields.filter((_, at) => TRACED.includes((fields[at - (at % 2)] ?? '').toLowerCase()));
}

/** In the form of an invocation's: a UUID of version 8 from a digest. */
function followUpId({ id, when }: Ended): string {
  const digits = createHash('sha256').update(`${id}/${when}`).digest('hex');
  const parts = [digits.slice(0, 8), digits.slice(8, 12), `8${digits.slice(13, 16)}`, `a${digits.slice(17, 20)}`];
  return [...parts, digits.slice(20, 32)].join('-');
}
