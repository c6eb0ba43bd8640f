import { util } from '../builtin.ts';
import { Body, copySource, hasSource, isStream, moveSource, type Source } from './body.ts';
import { bodyInitOf } from './body-init.ts';
import { makeEnumerable } from './enumerable.ts';
import { type FetchOptions, fetchOptionsOf } from './fetch-options.ts';
import { Headers, type HeadersLike } from './headers.ts';

/** What a request is made of. The functions are called at most once each, when they are needed first. */
export abstract class RequestParts {
  abstract readonly method: string;
  abstract readonly source: Source;
  abstract url(): string;
  abstract headers(): Headers;
  abstract signal(): AbortSignal;
  /** What `new Request` was given beyond these: redirect, cache, credentials, dispatcher and the like. */
  get options(): FetchOptions {
    return NO_OPTIONS;
  }
}

const NO_OPTIONS = Object.freeze({});

interface Made {
  method: string;
  source: Source;
  url: string;
  headers: Headers;
  signal(): AbortSignal;
  options: RequestParts['options'];
}

/** Those of a request that the handler makes. */
class MadeParts extends RequestParts {
  readonly #made: Made;

  constructor(made: Made) {
    super();
    this.#made = made;
  }

  get method(): string {
    return this.#made.method;
  }
  get source(): Source {
    return this.#made.source;
  }
  url(): string {
    return this.#made.url;
  }
  headers(): Headers {
    return this.#made.headers;
  }
  signal(): AbortSignal {
    return this.#made.signal();
  }
  override get options(): RequestParts['options'] {
    return this.#made.options;
  }
}

interface Init extends Readonly<Record<string, unknown>> {
  method?: string;
  headers?: HeadersLike;
  body?: unknown;
  signal?: AbortSignal | null;
  duplex?: string;
}

/** What `fetch` takes of a request beyond its method, headers, body and signal. */
export let optionsOf: (request: Request) => FetchOptions;

/**
 * The Fetch standard's Request, without Node's fetch implementation: that is loaded when the first request is fetched.
 * While the runtime runs it is `globalThis.Request`.
 */
export class Request extends Body {
  readonly #parts: RequestParts;
  #url: string | undefined;
  #headers: Headers | undefined;
  #signal: AbortSignal | undefined;

  static {
    optionsOf = (request) => request.#parts.options;
  }

  constructor(input: unknown, init: Init | null = null) {
    const parts = input instanceof RequestParts ? input : partsOf(input, checkedInit(init));
    super(parts.source);
    this.#parts = parts;
  }

  get method(): string {
    return this.#parts.method;
  }
  get url(): string {
    this.#url ??= this.#parts.url();
    return this.#url;
  }
  get headers(): Headers {
    this.#headers ??= this.#parts.headers();
    return this.#headers;
  }
  get signal(): AbortSignal {
    this.#signal ??= this.#parts.signal();
    return this.#signal;
  }
  get duplex(): string {
    return 'half';
  }
  get destination(): string {
    return '';
  }
  get referrer(): string {
    return this.#option('referrer', 'about:client');
  }
  get referrerPolicy(): string {
    return this.#option('referrerPolicy', '');
  }
  get mode(): string {
    return this.#option('mode', 'cors');
  }
  get credentials(): string {
    return this.#option('credentials', 'same-origin');
  }
  get cache(): string {
    return this.#option('cache', 'default');
  }
  get redirect(): string {
    return this.#option('redirect', 'follow');
  }
  get integrity(): string {
    return this.#option('integrity', '');
  }
  get keepalive(): boolean {
    return this.#parts.options.keepalive === true;
  }
  get isReloadNavigation(): boolean {
    return false;
  }
  get isHistoryNavigation(): boolean {
    return false;
  }

  clone(): Request {
    const headers = new Headers(this.headers);
    const { url } = this;
    const { method, options } = this.#parts;
    return new Request(
      new MadeParts({ method, url, headers, signal: () => this.signal, source: copySource(this), options }),
    );
  }

  get [Symbol.toStringTag](): string {
    return 'Request';
  }

  [util.inspect.custom](_depth: number, options: object): string {
    const { method, url, headers, bodyUsed } = this;
    return `Request ${util.inspect({ method, url, headers, bodyUsed }, options)}`;
  }

  #option(name: string, fallback: string): string {
    const value = this.#parts.options[name];
    return value === undefined ? fallback : String(value);
  }
}

makeEnumerable(Request.prototype);

const NO_INIT: Init = Object.freeze({});

/** @throws TypeError for what is no init, and for a signal or a duplex that is none. */
function checkedInit(init: Init | null): Init {
  if (init === null) return NO_INIT;
  if (typeof init !== 'object' && typeof init !== 'function') throw new TypeError('the init must be an object');
  const { signal, duplex } = init;
  // By its tag: a signal may be one of another realm.
  if (signal && Object.prototype.toString.call(signal) !== '[object AbortSignal]') {
    throw new TypeError('the signal of a request must be an AbortSignal');
  }
  if (duplex !== undefined && duplex !== 'half') throw new TypeError('the duplex of a request can only be "half"');
  return init;
}

const UPPER_CASED: readonly string[] = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'];
const FORBIDDEN: readonly string[] = ['CONNECT', 'TRACE', 'TRACK'];

/** What `new Request(input, init)` is made of. @throws TypeError as the standard says. */
function partsOf(input: unknown, init: Init): RequestParts {
  const base = input instanceof Request ? input : undefined;
  const url = base?.url ?? urlOf(String(input));
  const method = methodOf(init.method ?? base?.method ?? 'GET');
  const headers = new Headers(init.headers ?? base?.headers);
  const source = sourceOf(base, init, method, headers);
  const { signal } = init;
  const given = signal === undefined ? base?.signal : (signal ?? undefined);
  const made = () => given ?? new AbortController().signal;
  // By their names: another request has them too, and they are no properties of its own.
  const options = fetchOptionsOf(init, base === undefined ? NO_OPTIONS : optionsOf(base), method);
  return new MadeParts({ method, url, headers, signal: made, source, options });
}

function sourceOf(base: Request | undefined, init: Init, method: string, headers: Headers): Source {
  const bodiless = method === 'GET' || method === 'HEAD';
  const other = init instanceof Request ? init : undefined;
  const own = other === undefined ? (init.body ?? undefined) : undefined;
  const whole = own === undefined ? [other, base].find((one) => one !== undefined && hasSource(one)) : undefined;
  if (own === undefined && whole === undefined) return null;
  if (bodiless) throw new TypeError(`a ${method} request has no body`);
  // Another request's, whole: what it is made of goes over as it is.
  if (whole !== undefined) return moveSource(whole);
  const { source, type } = bodyInitOf(own);
  const isStreamed = isStream(own) || Symbol.asyncIterator in Object(own);
  if (isStreamed && init.duplex !== 'half')
    throw new TypeError('a request with a stream for a body needs duplex: "half"');
  if (type !== null && !headers.has('content-type')) headers.set('content-type', type);
  return source;
}

function methodOf(method: string): string {
  const upper = String(method).toUpperCase();
  if (FORBIDDEN.includes(upper) || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(upper)) {
    throw new TypeError(`${JSON.stringify(method)} is no method for a request`);
  }
  return UPPER_CASED.includes(upper) ? upper : String(method);
}

function urlOf(text: string): string {
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') throw new TypeError('the URL of a request has no credentials');
  return url.href;
}
