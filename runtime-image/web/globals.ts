import { takeSource } from './body.ts';
import { Headers } from './headers.ts';
import { nodeFetch } from './node-fetch.ts';
import { optionsOf, Request } from './request.ts';
import { Response } from './response.ts';

/**
 * Puts the classes of this folder in the place of Node's: they need no fetch implementation until somebody fetches, and
 * that is a third of a cold start. What Node's `fetch` returns counts as an instance of them.
 *
 * By assignment: a look at the present value, even at its property descriptor, would load all of it.
 */
export function installGlobals(): void {
  acceptNodes(Response, 'Response');
  acceptNodes(Headers, 'Headers');
  Object.assign(globalThis, { Request, Response, Headers, fetch });
}

/** Node's fetch, which is told of our requests in words that it knows. */
async function fetch(input: unknown, init: RequestInit = {}): Promise<globalThis.Response> {
  if (!(input instanceof Request)) return nodeFetch(input as string, init);
  const { url, method, headers, signal } = input;
  const told = { ...optionsOf(input), method, headers: [...headers], signal, ...init } as RequestInit;
  if (init.body !== undefined) return nodeFetch(url, told);
  const source = takeSource(input);
  return nodeFetch(url, source === null ? told : ({ ...told, body: source, duplex: 'half' } as RequestInit));
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
