import type { ServerResponse } from 'node:http';
import { AsyncLocalStorage, http } from '../builtin.ts';
import { isStream } from '../web/body.ts';
import { type AsyncSource, chunkOf, type Reply } from './reply.ts';

/** Statuses whose answers have no body. */
const NO_BODY: readonly number[] = [204, 205, 304];
/** The one among them that a client takes for one with a body, of the length that it says. */
const RESET_CONTENT = 205;

/** Headers that the runtime adds to every answer; they win over the handler's. */
export type OwnHeaders = Readonly<Record<string, string>>;

/**
 * Writes an answer. A stream is read as fast as the client takes it, and cancelled when `response` closes first.
 * Undefined: everything is handed to the connection already; else resolves when it is, or the connection is gone.
 * @throws what the stream throws, by the promise; then, where `response.headersSent`, the caller must break the
 * connection off.
 */
export function send(response: ServerResponse, reply: Reply, own: OwnHeaders): Promise<void> | undefined {
  const { body } = reply;
  const silent = response.req.method === 'HEAD' || NO_BODY.includes(reply.status);
  if (body === null || typeof body === 'string' || body instanceof Uint8Array) {
    sendWhole(response, reply, own, silent ? null : body);
    return undefined;
  }
  return silent ? sendSilent(response, reply, own, body) : sendStream(response, reply, own, body);
}

/** @param shown what is sent of the body. */
function sendWhole(response: ServerResponse, reply: Reply, own: OwnHeaders, shown: string | Uint8Array | null): void {
  const body = reply.body as string | Uint8Array | null;
  const length = body === null || reply.status === RESET_CONTENT ? 0 : Buffer.byteLength(body);
  writeHead(response, reply, own, hasLength(reply.status, body, response.req.method) ? length : undefined);
  if (shown === null) response.end();
  // Head and body leave as one text, where each character is a byte.
  else if (typeof shown === 'string' && length === shown.length) response.end(shown, 'latin1');
  else response.end(typeof shown === 'string' ? Buffer.from(shown) : shown);
}

async function sendSilent(response: ServerResponse, reply: Reply, own: OwnHeaders, body: AsyncSource): Promise<void> {
  await sourceReader(body).cancel();
  writeHead(response, reply, own, reply.status === RESET_CONTENT ? 0 : undefined);
  response.end();
}

/** A 204 or 304 has no length; a HEAD's answer without a body says what the handler says. */
function hasLength(status: number, body: string | Uint8Array | null, method: string | undefined): boolean {
  return status !== 204 && status !== 304 && !(body === null && method === 'HEAD');
}

async function sendStream(response: ServerResponse, reply: Reply, own: OwnHeaders, body: AsyncSource): Promise<void> {
  const reader = sourceReader(body);
  const closed = AsyncLocalStorage.bind(() => void reader.cancel());
  response.once('close', closed);
  // A stream whose first bytes take their time: its head goes out alone. One that fails at once can still be a 500.
  let headFailed: { error: unknown } | undefined;
  const early = setImmediate(() => {
    if (isOver(response)) return;
    try {
      begin(response, reply, own);
      // Not `flushHeaders`, which writes the head as UTF-8: each of its characters is a byte.
      response.write('', 'latin1');
    } catch (error) {
      headFailed = { error };
      void reader.cancel();
    }
  });
  try {
    checkHead(reply);
    while (!isOver(response)) {
      const next = await reader.next();
      if (next.done || isOver(response)) break;
      const chunk = chunkOf(next.value);
      const isFirst = begin(response, reply, own);
      if (chunk.length > 0 && !write(response, chunk, isFirst)) await drained(response);
    }
    if (headFailed !== undefined) throw headFailed.error;
    begin(response, reply, own);
    if (!response.writableEnded) response.end();
  } catch (error) {
    void reader.cancel();
    throw error;
  } finally {
    clearImmediate(early);
    response.off('close', closed);
  }
}

/** Another answer was given in the meantime, or the client is gone. */
function isOver(response: ServerResponse): boolean {
  return response.closed || response.writableEnded;
}

/**
 * Looks at what the handler wrote into the head, before a stream is read: what is wrong with it would be found only when
 * the head leaves by itself, where no callback waits for it.
 * @throws TypeError as `writeHead` does.
 */
function checkHead({ statusText, headers }: Reply): void {
  for (const [name, value] of headers) {
    http.validateHeaderName(name);
    http.validateHeaderValue(name, value);
  }
  http.validateHeaderValue('status text', statusText);
}

/** Whether the head was made now; it leaves with what is written next. */
function begin(response: ServerResponse, reply: Reply, own: OwnHeaders): boolean {
  if (response.headersSent || response.closed) return false;
  // A stream that gives more or less than the length it announced is broken off, not passed on.
  response.strictContentLength = reply.headers.some(([name]) => name === 'content-length');
  writeHead(response, reply, own);
  return true;
}

/** @param withHead the head leaves with it. As a text, both would be written as UTF-8, and the head is none. */
function write(response: ServerResponse, chunk: string | Uint8Array, withHead: boolean): boolean {
  return response.write(withHead && typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
}

function writeHead(response: ServerResponse, reply: Reply, own: OwnHeaders, length?: number): void {
  const flat: string[] = [];
  const setsLength = length !== undefined || reply.status === 204;
  for (const [name, value] of reply.headers) {
    if (own[name] === undefined && !(setsLength && name === 'content-length')) flat.push(name, value);
  }
  for (const name in own) flat.push(name, own[name] ?? '');
  if (length !== undefined) flat.push('content-length', String(length));
  // The class's own: a response that a handler writes by itself has another in its place.
  const write: ServerResponse['writeHead'] = http.ServerResponse.prototype.writeHead;
  if (reply.statusText === '') write.call(response, reply.status, flat);
  else Reflect.apply(write, response, [reply.status, reply.statusText, flat]);
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
    if (response.closed) done();
  });
}

interface SourceReader {
  next(): Promise<{ done?: boolean | undefined; value?: unknown }>;
  /** Ends the source early, in the middle of a `next` too; that one then ends. Never rejects. */
  cancel(): Promise<void>;
}

function sourceReader(source: AsyncSource): SourceReader {
  if (isStream(source)) {
    const reader = source.getReader();
    return { next: () => reader.read(), cancel: () => ended(() => reader.cancel()) };
  }
  const iterator = source[Symbol.asyncIterator]();
  return {
    next: () => iterator.next(),
    cancel: async () => {
      // A Node stream ends a pending read by being destroyed; an iterator ends after the read it is in.
      await ended(() => 'destroy' in source && typeof source.destroy === 'function' && source.destroy());
      await ended(() => iterator.return?.());
    },
  };
}

/** What a source says or throws when it is cancelled is of no use: it is not read any more. */
async function ended(end: () => unknown): Promise<void> {
  try {
    await end();
  } catch {
    // Of no use, as said.
  }
}

/** Ends an answer that will not be sent. */
export async function discard(reply: Reply): Promise<void> {
  const { body, webSocket } = reply;
  webSocket?.[Symbol.dispose]();
  if (body !== null && typeof body === 'object' && !(body instanceof Uint8Array)) await sourceReader(body).cancel();
}

/**
 * Breaks off an answer that has begun, so that the client can tell that it is not whole. What there was of it leaves
 * before: else the gateway would take the replica for one that broke off without an answer.
 */
export function breakOff(response: ServerResponse): void {
  // Behind another answer on its connection: that one first.
  if (response.socket === null) {
    response.once('socket', () => breakOff(response));
    return;
  }
  // Not `flushHeaders`, which writes the head as UTF-8.
  if (!response.writableEnded) response.write('', 'latin1');
  // What is written in one turn is held back until its end.
  while (response.writableCorked > 0) response.uncork();
  // In an HTTP/1.0 answer the end of the connection may be the end of the body: only a reset says more.
  if (response.chunkedEncoding) response.destroy();
  else response.socket.resetAndDestroy();
}
