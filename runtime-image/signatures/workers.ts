import type { Context, WorkerContext } from '../call/context.ts';
import { type Invoke, repliedBy, type Tools, type UserFunction } from './invoke.ts';

/**
 * Cloudflare Workers' shape, which Hono and others share: an object whose `fetch(request, env, ctx)` answers.
 * @param self the object: `fetch` may be a method that needs it.
 */
export function workersInvoke(fetch: UserFunction, self: unknown, { env, replyOf }: Tools): Invoke {
  // A Worker's bindings are its own to write to.
  const bindings = { ...env };
  return (exchange, call, context) => {
    const result = fetch.call(self, exchange.request(call), bindings, workerContext(context));
    return repliedBy(replyOf, result);
  };
}

function workerContext(context: Context): WorkerContext {
  // One by one: `Object.assign` takes ten times as long, and this is done for each request.
  const worker: { -readonly [Key in keyof WorkerContext]: WorkerContext[Key] } = context as WorkerContext;
  worker.passThroughOnException = passThroughOnException;
  worker.props = NO_PROPS;
  return worker;
}

function passThroughOnException(): void {}

const NO_PROPS = Object.freeze({});
