/** What a handler is given and what it may return. Users import these types to write and check their handlers. */

/** A handler: called once for each request. What it returns becomes the answer; what it throws becomes a 500. */
export type Handler = (request: Request, context: Context) => HandlerResult | Promise<HandlerResult>;

/**
 * - `Response`: as it is.
 * - string: `text/plain; charset=utf-8`.
 * - `Uint8Array` or another view, `ArrayBuffer`: `application/octet-stream`.
 * - a `Blob` or `File`: its bytes, with its type.
 * - a stream (`ReadableStream`, Node's `Readable`, any async iterable of strings or bytes): `application/octet-stream`,
 *   read as fast as the client takes it and cancelled when the client leaves.
 * - any other object: JSON.
 * - undefined or null: 204.
 *
 * Numbers, booleans, functions and symbols are no answer: a 500. An `Error` that is returned counts as thrown.
 */
export type HandlerResult =
  | Response
  | string
  | Uint8Array
  | ArrayBuffer
  | ReadableStream
  | AsyncIterable<string | Uint8Array>
  | object
  | undefined
  | null;

/** An optional export `init` of the handler's module: awaited before the first request is let in. */
export type Init = () => unknown;

/**
 * An optional export `dispose`: awaited when the replica leaves, after its last request and what was given to
 * `waitUntil`, as long as its grace period lasts. Not called where the process failed.
 */
export type Dispose = () => unknown;

export interface Context {
  /** The request's id, in every log line and in the answer's `X-Request-Id`. */
  readonly requestId: string;
  /** Aborts when the time is up, when the client goes away, and when the replica must leave before the answer is over. */
  readonly signal: AbortSignal;
  /** The Function's name. */
  readonly function: string;
  readonly namespace: string;
  /** The revision's name, `<function>-<hash>`. */
  readonly revision: string;
  /** Whether this is the first request of this replica. */
  readonly coldStart: boolean;
  /** Keeps the replica alive until `promise` has settled, after the answer too. A rejection is logged. */
  waitUntil(promise: PromiseLike<unknown>): void;
  readonly log: Log;
}

/** Writes one JSON line with the request's id. `console` does the same, without fields. */
export interface Log {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}
