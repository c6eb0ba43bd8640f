import type { StoredRequest } from '#api/invocations.ts';

/** What the head of an entry says to the dispatcher alone, beside the request: gateways do not look at it. */
export interface EntryFacts {
  /** How many events led to it, each of the end of the one before; 0: none. */
  depth: number;
  /** What is called in the place of a function. */
  url?: string;
}

/** Events in a row of which the last is not delivered. */
export const MOST_DEPTH = 8;

/** A chain that goes in a circle ends there. */
export function isTooDeep({ depth }: EntryFacts): boolean {
  return depth >= MOST_DEPTH;
}

/** The head of an entry. */
export function entryHead(request: StoredRequest, facts: EntryFacts): Uint8Array {
  return Buffer.from(JSON.stringify({ ...request, dispatcher: facts }));
}

interface ReadHead {
  /** Undefined: it is none. */
  request: StoredRequest | undefined;
  facts: EntryFacts;
}

export function readHead(head: Uint8Array): ReadHead {
  const json = objectOf(parsed(head));
  const { depth, url } = objectOf(json.dispatcher);
  const facts: EntryFacts = {
    depth: Number.isSafeInteger(depth) ? (depth as number) : 0,
    ...(typeof url === 'string' && { url }),
  };
  return { request: requestOf(json), facts };
}

function requestOf(json: Record<string, unknown>): StoredRequest | undefined {
  const { method, path, headers, requestId } = json;
  const isRequest = typeof method === 'string' && typeof path === 'string' && Array.isArray(headers);
  return isRequest ? { method, path, headers: headers.map(String), requestId: String(requestId) } : undefined;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}

function objectOf(json: unknown): Record<string, unknown> {
  return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
}
