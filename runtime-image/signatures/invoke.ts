import type { Call } from '../call/call.ts';
import type { Context } from '../call/context.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Reply } from '../http/reply.ts';

/**
 * Has the user's function answer one request, in the shape that it was written for. Resolves with what is to be sent;
 * with undefined once the function has written its answer itself and all of it has left, or the connection is gone.
 * Throws what the function throws.
 */
export type Invoke = (
  exchange: Exchange,
  call: Call,
  context: Context,
) => PromiseLike<Reply | undefined> | Reply | undefined;

/** Whether a result is still to come. What is there already is answered in the same turn, without a promise. */
export function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** The reply to what a web handler returned, whether it is there already or still to come, by whatever thenable. */
export function repliedBy(replyOf: Tools['replyOf'], result: unknown): Promise<Reply> | Reply {
  return isPromiseLike(result) ? repliedLater(replyOf, result) : replyOf(result);
}

/** Not by `then`, which may be the handler's own and return anything. */
async function repliedLater(replyOf: Tools['replyOf'], result: PromiseLike<unknown>): Promise<Reply> {
  return replyOf(await result);
}

/** A function of the user's, of whatever shape. */
export type UserFunction = (...args: unknown[]) => unknown;

/**
 * What a signature needs of the runtime, handed to it: other platforms' are a file of their own in the image, so they
 * import nothing that has state, but types.
 */
export interface Tools {
  /** What a result means in a web handler. */
  replyOf(result: unknown): Reply;
  /** The pod's environment. */
  env: Readonly<Record<string, string | undefined>>;
  function: string;
  revision: string;
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
}
