import type { IncomingMessage } from 'node:http';
import type { Incoming, Source } from '../web/body.ts';
import type { FetchOptions } from '../web/fetch-options.ts';
import { Headers, setTransit } from '../web/headers.ts';
import { Request, RequestParts } from '../web/request.ts';
import { connectionHeaders } from './connection-headers.ts';
import { hideInternalHeaders } from './internal-headers.ts';

/**
 * The absolute URL of a request, as the client meant it. What cannot be one (a strange Host) gets host `localhost`.
 * @param target the request line's: origin form, absolute form or `*`.
 * @param forwardedProto X-Forwarded-Proto; of a list the first counts.
 */
export function requestUrl(target: string, host: string | undefined, forwardedProto: string | undefined): string {
  const isSecure = forwardedProto?.split(',', 1)[0]?.trim().toLowerCase() === 'https';
  const absolute = target.startsWith('/') ? null : URL.parse(target);
  if (absolute !== null) return absolute.href;
  // Joined as text: as a relative reference, `//host/path` would change the host.
  const path = target.startsWith('/') ? target : `/${target}`;
  const url = (isSecure ? https : http).of(host) + path;
  return PLAIN_PATH.test(path) ? url : new URL(url).href;
}

/** A path and query in which a URL's parser would change nothing: no dot segment, nothing to be encoded. */
const PLAIN_PATH = /^(?:[\w~!$&()*+,;=:@?-]|\/(?![.%])|(?<=[^/])[.%])*$/;

/** Most hosts whose origin is cached: usual clients send few, but one may send any. */
const MOST_ORIGINS = 64;

/** What Host headers mean under one scheme, found out once for each. */
class Origins {
  readonly #scheme: string;
  readonly #byHost = new Map<string, string>();
  /** Mostly the next request's too: comparing costs less than looking up. */
  #lastHost = '';
  #last = '';

  constructor(scheme: string) {
    this.#scheme = scheme;
  }

  /** `<scheme>://<host>`, normalised; that of `localhost` for what is no host. */
  of(host: string | undefined): string {
    if (host === undefined || host === '') return `${this.#scheme}://localhost`;
    if (host !== this.#lastHost) {
      this.#last = this.#byHost.get(host) ?? this.#keep(host);
      this.#lastHost = host;
    }
    return this.#last;
  }

  #keep(host: string): string {
    const isHost = /^[^\s/?#@\\]+$/.test(host);
    const origin = (isHost ? URL.parse(`${this.#scheme}://${host}`)?.origin : undefined) ?? this.of(undefined);
    if (this.#byHost.size >= MOST_ORIGINS) this.#byHost.clear();
    this.#byHost.set(host, origin);
    return origin;
  }
}

const http = new Origins('http');
const https = new Origins('https');

/** Of another request's body it need not be the length. */
const IN_TRANSIT: ReadonlySet<string> = new Set(['content-length']);
/** What makes a request one for another protocol, and is shown where it is served as such. */
const OF_UPGRADES = ['connection', 'upgrade'];

/**
 * Headers from node:http's flat list of names and values, repeated ones kept; without those of the connection.
 * @param isUpgrade whether the request is for a WebSocket, which is recognized by two of those.
 */
export function headersOf(raw: readonly string[], isUpgrade = false): Headers {
  const headers = new Headers();
  const hidden = connectionHeaders(raw);
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const isShown = !hidden.has(name.toLowerCase()) || (isUpgrade && OF_UPGRADES.includes(name.toLowerCase()));
    if (isShown) headers.append(name, raw[index + 1] ?? '');
  }
  setTransit(headers, IN_TRANSIT);
  return headers;
}

/** Whether bytes of a body follow the head, as far as the head says. */
export function hasBody(message: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = message.headers;
  return encoding !== undefined || (length !== undefined && Number(length) > 0);
}

/** Where a request comes from. */
interface Origin {
  readonly message: IncomingMessage;
  /** To be called before the first byte of the body is read: the client may wait for a `100 Continue`. */
  admitBody(): void;
  /** Of a request for a WebSocket. */
  readonly upgrade?: unknown;
}

/** A redirect that a function fetches with the request it was sent is the client's to follow, as on Cloudflare Workers. */
const SERVED_OPTIONS: FetchOptions = Object.freeze({ redirect: 'manual' });

/** The request as the handler sees it. A GET's or HEAD's body is not shown, as in the Fetch standard. */
export function servedRequest(origin: Origin, call: { readonly signal: AbortSignal }): Request {
  return new Request(new ServedParts(origin, call));
}

class ServedParts extends RequestParts {
  readonly method: string;
  readonly source: Source;
  readonly #message: IncomingMessage;
  readonly #isUpgrade: boolean;
  readonly #call: { readonly signal: AbortSignal };

  constructor(origin: Origin, call: { readonly signal: AbortSignal }) {
    super();
    const { message } = origin;
    const { method = 'GET' } = message;
    this.method = method;
    this.source = method !== 'GET' && method !== 'HEAD' && hasBody(message) ? incomingOf(origin) : null;
    this.#message = message;
    this.#isUpgrade = origin.upgrade !== undefined;
    this.#call = call;
  }

  url(): string {
    const { url, headers } = this.#message;
    return requestUrl(url ?? '/', headers.host, single(headers['x-forwarded-proto']));
  }
  headers(): Headers {
    return headersOf(hideInternalHeaders(this.#message).rawHeaders, this.#isUpgrade);
  }
  override get options(): FetchOptions {
    return SERVED_OPTIONS;
  }
  signal(): AbortSignal {
    return this.#call.signal;
  }
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function incomingOf(origin: Origin): Incoming {
  const { message } = origin;
  return {
    collect: async () => {
      origin.admitBody();
      const chunks: Uint8Array[] = [];
      for await (const chunk of chunksOf(message)) chunks.push(chunk);
      return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
    },
    stream: () => streamOf(origin),
  };
}

/** One chunk is asked of the client for each chunk that the reader takes. */
function streamOf(origin: Origin): ReadableStream<Uint8Array> {
  const { message } = origin;
  let chunks: AsyncIterator<Uint8Array> | undefined;
  return new ReadableStream(
    {
      async pull(controller) {
        if (chunks === undefined) {
          origin.admitBody();
          chunks = chunksOf(message)[Symbol.asyncIterator]();
        }
        const next = await chunks.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel() {
        await chunks?.return?.();
        // For as long as the handler takes: how long the client may send after the answer is seen to then.
        message.resume();
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
