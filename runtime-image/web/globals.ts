import { isIncoming, moveSource } from './body.ts';
import { transitNames } from './decoded.ts';
import { Headers, isOwnHeaders, markReceived, transitOf } from './headers.ts';
import { nodeFetch } from './node-fetch.ts';
import { optionsOf, Request } from './request.ts';
import { Response } from './response.ts';

/**
 * Puts the classes of this folder in the place of Node's: they need no fetch implementation until the first fetch, and
 * that is a third of a cold start. What Node's `fetch` returns counts as an instance of them.
 *
 * By assignment: a look at the present value, even at its property descriptor, would load all of it.
 */
export function installGlobals(): void {
  acceptNodes(Response, 'Response');
  acceptNodes(Headers, 'Headers');
  Object.assign(globalThis, { Request, Response, Headers, fetch });
}

/**
 * Node's fetch, which is given our requests as arguments that it knows. The length that a request came with is passed on
 * with the body that came, not with another.
 */
async function fetch(input: unknown, init: RequestInit = {}): Promise<globalThis.Response> {
  const request = requestOf(input, init);
  const response = await (request === undefined ? nodeFetch(input as string, init) : sendOwn(request));
  markReceived(response.headers, transitNames(response));
  return response;
}

/** Undefined: nothing of ours is in it. */
function requestOf(input: unknown, init: RequestInit): Request | undefined {
  const isOwn = input instanceof Request;
  if (isOwn && Object.keys(init).length === 0 && !(init instanceof Request)) return input;
  const hasOwn = init instanceof Request || isOwnHeaders(init.headers);
  return isOwn || hasOwn
    ? new Request(isOwn ? input : urlOf(input), init as Readonly<Record<string, unknown>>)
    : undefined;
}

function urlOf(input: unknown): unknown {
  return typeof input === 'object' && input !== null && 'url' in input ? input.url : input;
}

function sendOwn(request: Request): Promise<globalThis.Response> {
  const { url, method, headers, signal } = request;
  const source = moveSource(request);
  const body = isIncoming(source) ? source.stream() : source;
  const transit = transitOf(headers);
  const isKept = (name: string) => !transit.has(name) || (name === 'content-length' && isIncoming(source));
  const init = { ...optionsOf(request), method, headers: [...headers].filter(([name]) => isKept(name)), signal };
  return nodeFetch(url, (body === null ? init : { ...init, body, duplex: 'half' }) as RequestInit);
}

function acceptNodes(own: typeof Response | typeof Headers, tag: string): void {
  const byPrototype = Function.prototype[Symbol.hasInstance];
  Object.defineProperty(own, Symbol.hasInstance, {
    configurable: true,
    value(this: unknown, value: unknown): boolean {
      // A user's subclass has instances of its own only.
      return (
        byPrototype.call(this, value) || (this === own && Object.prototype.toString.call(value) === `[object ${tag}]`)
      );
    },
  });
}
