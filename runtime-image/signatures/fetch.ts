import type { Handler } from '../context.ts';
import { replyOf } from '../reply.ts';
import { type Invoke, repliedBy } from './invoke.ts';

/** The web's shape: `(request, context) => Response`, or what stands for one (context.ts, HandlerResult). */
export function fetchInvoke(handler: Handler): Invoke {
  return (exchange, call, context) => {
    // The same thing to a handler: the standard's members, by a class of our own.
    const request = exchange.request(call) as unknown as Request;
    const result = handler(request, context);
    return repliedBy(replyOf, result);
  };
}
