/** What a handler is given and what it may return. Users import these types to write and check their handlers. */

/** A handler: called once for each request. What it returns becomes the answer; what it throws becomes a 500. */
export type Handler = (request: Request, context: Context) => HandlerResult | Promise<HandlerResult>;

/**
 * The shape of Cloudflare Workers and of what was written for them, such as Hono's apps: an object as default export.
 * `export default { fetch(request, env, ctx) { … } } satisfies FetchHandler<Env>`
 */
export interface FetchHandler<Env = Context['env']> {
  /** @param env the pod's environment, the handler's own to write to. */
  fetch(request: Request, env: Env, ctx: WorkerContext): HandlerResult | Promise<HandlerResult>;
}

/**
 * - `Response`: as it is.
 * - string: `text/plain; charset=utf-8`.
 * - `Uint8Array` or another view, `ArrayBuffer`: `application/octet-stream`.
 * - a `Blob`, `File`, `URLSearchParams` or `FormData`: its bytes, with its type.
 * - a stream (`ReadableStream`, Node's `Readable`, any async iterable of strings or bytes): `application/octet-stream`,
 *   read as fast as the client takes it and cancelled when the client leaves.
 * - any other object: JSON. Of a `Map`, a `Set`, an iterator and the like JSON shows nothing: a 500 that says what to return.
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
  /** When the time for this request is up, of a delivery that of `spec.async`; undefined: it has no limit. */
  readonly deadline: Date | undefined;
  /** The Function's name. */
  readonly function: string;
  readonly namespace: string;
  /** The revision's name, `<function>-<hash>`. */
  readonly revision: string;
  /** Whether this is the first request of this replica. */
  readonly coldStart: boolean;
  /** The pod's environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly secrets: Secrets;
  /**
   * The trace that the request is part of; undefined: it came without one. Log lines carry its id, and what is asked by
   * `fetch` or `node:http` in the course of the request carries it on, unless it has a `traceparent` of its own.
   */
  readonly trace: Trace | undefined;
  /** Who asks, as the gateway found out by `spec.access`; undefined: it asks for no name, there or on this path. Clients cannot forge it. */
  readonly caller: Caller | undefined;
  /** Where the request is a delivery of stored work (`spec.async`): of which, and which attempt; undefined: somebody waits for the answer. Clients cannot forge it. */
  readonly invocation: Invocation | undefined;
  /** Keeps the replica alive until `promise` has settled, after the answer too. A rejection is logged. */
  waitUntil(promise: PromiseLike<unknown>): void;
  readonly log: Log;
}

/** What a Worker is given as its third argument: its `ExecutionContext`, and all of the context. */
export interface WorkerContext extends Context {
  /** Does nothing: there is no origin behind the function to pass a request on to. An error is a 500. */
  passThroughOnException(): void;
  /** Empty. */
  readonly props: Readonly<Record<string, unknown>>;
}

/** Writes one JSON line with the request's id. `console` does the same, without fields. */
export interface Log {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

/** Reads the Secrets of `spec.secrets`. */
export interface Secrets {
  /**
   * The value of `key` in the Secret `name` as it is now: a change in the cluster is seen within a minute or so.
   * @throws Error where the function was not given this Secret, or it has no such key.
   */
  get(name: string, key: string): string;
}

/** Who asks. */
export interface Caller {
  /** By which way in: the name of its field in `spec.access`, such as `apiKeys`. */
  readonly way: string;
  /** Of the key or the account, or the subject of the token. */
  readonly name: string;
  /** Of a token: the issuer that says so. */
  readonly issuer: string | undefined;
  /** Of a token: what the issuer says of its subject. */
  readonly claims: Readonly<Record<string, unknown>> | undefined;
}

/** Stored work that is delivered. */
export interface Invocation {
  /** The same at each attempt: by it a handler can tell what it has done already. */
  readonly id: string;
  /** 1 at the first. */
  readonly attempt: number;
}

/** What a request said of the trace that it is part of, by W3C Trace Context. */
export interface Trace {
  /** 32 hex digits. */
  readonly traceId: string;
  /** The header as it came. */
  readonly traceparent: string;
  readonly tracestate: string | undefined;
}
