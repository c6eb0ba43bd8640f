import { util } from '../builtin.ts';
import { Body, copySource, isStream } from './body.ts';
import { bodyInitOf } from './body-init.ts';
import { transitNames } from './decoded.ts';
import { makeEnumerable } from './enumerable.ts';
import {
  Headers,
  type HeadersLike,
  isFixed,
  listOf,
  markReceived,
  setFixed,
  setTransit,
  transitOf,
} from './headers.ts';

const NULL_BODY_STATUS: readonly number[] = [101, 204, 205, 304];
const REDIRECT_STATUS: readonly number[] = [301, 302, 303, 307, 308];
const REASON_PHRASE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The client's end of a WebSocketPair: of responses with status 101, as Cloudflare Workers have it. */
const webSockets = new WeakMap<object, Disposable>();

/** Undefined: it has none. */
export function webSocketOf(response: object): Disposable | undefined {
  return webSockets.get(response);
}

interface Init {
  status?: number;
  statusText?: string;
  headers?: HeadersLike;
  webSocket?: Disposable | null;
}

const NO_INIT: Init = Object.freeze({});
const NO_PAIRS: readonly [string, string][] = [];

/** Whether `value` was made by the class below: `instanceof` is true of Node's own responses too. */
export let isOwnResponse: (value: object) => value is Response;

/**
 * What is sent of its headers, without making them where they were never looked at: those that say how another response
 * came, of which this is made, are not.
 */
export let headerPairsOf: (response: Response) => Iterable<readonly [string, string]>;

/**
 * The Fetch standard's Response as a handler makes it, without Node's fetch implementation. While the runtime runs it
 * is `globalThis.Response`; a response of Node's `fetch` is an instance of it too (web/globals.ts).
 */
export class Response extends Body {
  #status: number;
  #type = 'default';
  readonly #statusText: string;
  /** Content type of the body, as long as the headers were not looked at and none were given. */
  readonly #bodyType: string | null;
  #headers: Headers | undefined;

  static {
    isOwnResponse = (value): value is Response => #bodyType in value;
    headerPairsOf = (response) => {
      const headers = response.#headers;
      if (headers !== undefined) {
        const transit = transitOf(headers);
        return transit.size === 0 ? listOf(headers) : listOf(headers).filter(([name]) => !transit.has(name));
      }
      return response.#bodyType === null ? NO_PAIRS : [['content-type', response.#bodyType]];
    };
  }

  constructor(body: unknown = null, given: Init | null = null) {
    const init = initOf(given);
    const { source, type } = bodyInitOf(body);
    super(source);
    this.#bodyType = type;
    this.#status = init.webSocket ? 101 : statusOf(init.status);
    if (init.webSocket) webSockets.set(this, init.webSocket);
    this.#statusText = reasonOf(init.statusText);
    if (source !== null && NULL_BODY_STATUS.includes(this.#status)) {
      throw new TypeError(`a response with status ${this.#status} has no body`);
    }
    if (init.headers === undefined) return;
    if (isNodes(init)) markReceived(init.headers, transitNames(init));
    this.#headers = new Headers(init.headers);
    holdLength(this.#headers, body, given);
    if (type !== null && !this.#headers.has('content-type')) this.#headers.set('content-type', type);
  }

  static json(data: unknown, given: Init | null = null): Response {
    const init = initOf(given);
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError('the value cannot be written as JSON');
    const headers = new Headers(init.headers);
    if (!headers.has('content-type')) headers.set('content-type', 'application/json');
    return new Response(text, { ...pick(init), headers });
  }

  static redirect(url: string | URL, status = 302): Response {
    if (!REDIRECT_STATUS.includes(status)) throw new RangeError(`${status} is no redirect`);
    const response = new Response(null, { status, headers: { location: new URL(url).href } });
    setFixed(response.headers, true);
    return response;
  }

  /** As the standard has it: a response that no server can send. */
  static error(): Response {
    const response = new Response();
    response.#status = 0;
    response.#type = 'error';
    setFixed(response.headers, true);
    return response;
  }

  get status(): number {
    return this.#status;
  }
  get statusText(): string {
    return this.#statusText;
  }
  get headers(): Headers {
    this.#headers ??= new Headers(this.#bodyType === null ? NO_PAIRS : [['content-type', this.#bodyType]]);
    return this.#headers;
  }
  get ok(): boolean {
    return this.#status >= 200 && this.#status <= 299;
  }
  get type(): string {
    return this.#type;
  }
  get webSocket(): unknown {
    return webSockets.get(this) ?? null;
  }
  get url(): string {
    return '';
  }
  get redirected(): boolean {
    return false;
  }

  clone(): Response {
    const { statusText, headers } = this;
    const response = new Response(copySource(this), { statusText });
    response.#status = this.#status;
    response.#type = this.#type;
    response.#headers = new Headers(headers);
    setFixed(response.#headers, isFixed(headers));
    return response;
  }

  get [Symbol.toStringTag](): string {
    return 'Response';
  }

  [util.inspect.custom](_depth: number, options: object): string {
    const { status, statusText, headers, bodyUsed } = this;
    return `Response ${util.inspect({ status, statusText, headers, bodyUsed }, options)}`;
  }
}

makeEnumerable(Response.prototype);

/** @throws TypeError for what is no object. */
function initOf(given: Init | null): Init {
  if (given === null) return NO_INIT;
  if (typeof given !== 'object' && typeof given !== 'function') throw new TypeError('the init must be an object');
  return given;
}

/** Whether it is a response of Node's fetch, or a copy of one. */
function isNodes(value: object): value is globalThis.Response {
  return Object.prototype.toString.call(value) === '[object Response]' && !isOwnResponse(value);
}

/**
 * Of a response that was received, and is passed on with its body as it came, the length holds too.
 * @param init the response itself, where it was given for the sake of its status and headers.
 */
function holdLength(headers: Headers, body: unknown, init: unknown): void {
  const transit = transitOf(headers);
  if (transit.size !== 1 || !transit.has('content-length') || !isStream(body)) return;
  if ((init as { body?: unknown }).body === body) setTransit(headers, new Set());
}

function pick(init: Init): Init {
  return {
    ...(init.status === undefined ? {} : { status: init.status }),
    ...(init.statusText === undefined ? {} : { statusText: init.statusText }),
  };
}

function statusOf(status: number | undefined): number {
  if (status === undefined) return 200;
  // As Web IDL's unsigned short.
  const value = Math.trunc(Number(status)) & 0xffff;
  if (!(value >= 200 && value <= 599)) throw new RangeError(`the status must be from 200 to 599, not ${status}`);
  return value;
}

function reasonOf(text: string | undefined): string {
  if (text === undefined) return '';
  const value = String(text);
  if (!REASON_PHRASE.test(value)) throw new TypeError('the status text has a character that it may not have');
  return value;
}
