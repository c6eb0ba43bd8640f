import type { IncomingMessage } from 'node:http';
import { hideInternalHeaders } from './internal-headers.ts';
import type { Incoming } from './web/body.ts';
import { Headers } from './web/headers.ts';
import { Request, RequestParts } from './web/request.ts';

/**
 * The absolute URL of a request, as the client meant it. What cannot be one (a strange Host) gets host `localhost`.
 * @param target the request line's: origin form, absolute form or `*`.
 * @param forwardedProto X-Forwarded-Proto; of a list the first counts.
 */
export function requestUrl(target: string, host: string | undefined, forwardedProto: string | undefined): string {
  const scheme = forwardedProto?.split(',', 1)[0]?.trim().toLowerCase() === 'https' ? 'https' : 'http';
  const absolute = target.startsWith('/') ? null : URL.parse(target);
  if (absolute !== null) return absolute.href;
  // Joined as text: as a relative reference, `//host/path` would change the host.
  const path = target.startsWith('/') ? target : `/${target}`;
  const authority = host !== undefined && /^[^\s/?#@\\]+$/.test(host) ? host : 'localhost';
  return (URL.parse(`${scheme}://${authority}${path}`) ?? new URL(`${scheme}://localhost${path}`)).href;
}

/** Headers from node:http's flat list of names and values, repeated ones kept. */
export function headersOf(raw: readonly string[]): Headers {
  const headers = new Headers();
  for (let index = 0; index < raw.length; index += 2) headers.append(raw[index] ?? '', raw[index + 1] ?? '');
  return headers;
}

/** Whether bytes of a body follow the head, as far as the head says. */
export function hasBody(message: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = message.headers;
  return encoding !== undefined || (length !== undefined && Number(length) > 0);
}

export interface Served {
  message: IncomingMessage;
  signal(): AbortSignal;
  /** Called before the first byte of the body is read: where the client waits for a `100 Continue`. */
  beforeRead(): void;
}

/** The request as the handler sees it. A GET's or HEAD's body is not shown, as in the Fetch standard. */
export function servedRequest({ message, signal, beforeRead }: Served): Request {
  const method = message.method ?? 'GET';
  const bodied = method !== 'GET' && method !== 'HEAD' && hasBody(message);
  const parts = new RequestParts({
    method,
    url: () => requestUrl(message.url ?? '/', message.headers.host, single(message.headers['x-forwarded-proto'])),
    headers: () => headersOf(hideInternalHeaders(message).rawHeaders),
    signal,
    source: bodied ? incomingOf(message, beforeRead) : null,
  });
  return new Request(parts);
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function incomingOf(message: IncomingMessage, beforeRead: () => void): Incoming {
  return {
    collect: async () => {
      beforeRead();
      const chunks: Uint8Array[] = [];
      for await (const chunk of chunksOf(message)) chunks.push(chunk);
      return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
    },
    stream: () => streamOf(message, beforeRead),
  };
}

/** One chunk is asked of the client for each chunk that the reader takes. */
function streamOf(message: IncomingMessage, beforeRead: () => void): ReadableStream<Uint8Array> {
  let chunks: AsyncIterator<Uint8Array> | undefined;
  return new ReadableStream(
    {
      async pull(controller) {
        if (chunks === undefined) {
          beforeRead();
          chunks = chunksOf(message)[Symbol.asyncIterator]();
        }
        const next = await chunks.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel() {
        await chunks?.return?.();
        dropBody(message);
      },
    },
    { highWaterMark: 0 },
  );
}

/** Giving up in the middle leaves the connection alive: the answer still has to go out on it. */
function chunksOf(message: IncomingMessage): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => message.iterator({ destroyOnReturn: false }) };
}

/** Longest that the rest of an unread body is taken in, so that the client can read its answer. */
const DROP_MS = 5_000;

/**
 * Reads the rest of a body to nowhere, so that the connection is free for its next request; closes the connection
 * where that takes too long.
 */
export function dropBody(message: IncomingMessage): void {
  if (message.complete || message.destroyed) return;
  const timer = setTimeout(() => message.socket.destroy(), DROP_MS).unref();
  message.once('close', () => clearTimeout(timer));
  message.once('end', () => clearTimeout(timer));
  message.resume();
}
