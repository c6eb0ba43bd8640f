import type { Context } from '../context.ts';
import { type Invoke, isPromiseLike, type Tools, type UserFunction } from './invoke.ts';

/** What a Worker is given as third argument. */
interface ExecutionContext {
  /** Counts as in flight until `promise` has settled. */
  waitUntil(promise: PromiseLike<unknown>): void;
  /** There is no origin behind the function to pass a request on to: an error is a 500. */
  passThroughOnException(): void;
  readonly props: Readonly<Record<string, unknown>>;
}

/**
 * Cloudflare Workers' shape, which Hono and others share: an object whose `fetch(request, env, ctx)` answers.
 * @param self the object: `fetch` may be a method that needs it.
 */
export function workersInvoke(fetch: UserFunction, self: unknown, { env, replyOf }: Tools): Invoke {
  // A Worker's bindings are its own to write to.
  const bindings = { ...env };
  return (exchange, call, context) => {
    const result = fetch.call(self, exchange.request(call), bindings, executionContext(context));
    return isPromiseLike(result) ? result.then(replyOf) : replyOf(result);
  };
}

function executionContext(context: Context): ExecutionContext {
  return {
    waitUntil: (promise) => context.waitUntil(promise),
    passThroughOnException() {},
    props: {},
  };
}
