import type { Handler } from '../call/context.ts';
import { replyOf } from '../http/reply.ts';
import { type Invoke, repliedBy } from './invoke.ts';

/** The web's shape: `(request, context) => Response`, or what stands for one (context.ts, HandlerResult). */
export function fetchInvoke(handler: Handler): Invoke {
  if (isNamedForMessages(handler)) return advisedInvoke(handler);
  return (exchange, call, context) => {
    // The same thing to a handler: the standard's members, by a class of our own.
    const request = exchange.request(call) as unknown as Request;
    const result = handler(request, context);
    return repliedBy(replyOf, result);
  };
}

/** Whether its second parameter is called `res`: it may be a function of Node's messages whose signature was not said. */
function isNamedForMessages(handler: Handler): boolean {
  const head = Function.prototype.toString.call(handler).slice(0, 200);
  return /^(?:async\b)?\s*(?:function\b\s*[\w$]*\s*)?\(\s*[\w$]+\s*,\s*_?res(?:ponse)?\s*[,)]/.test(head);
}

/** As the other, but that what such a function throws says what to do. */
function advisedInvoke(handler: Handler): Invoke {
  return async (exchange, call, context) => {
    try {
      return replyOf(await handler(exchange.request(call) as unknown as Request, context));
    } catch (error) {
      throw error instanceof TypeError && error.message.endsWith('is not a function') ? advised(error) : error;
    }
  };
}

function advised(cause: TypeError): TypeError {
  return new TypeError(`${cause.message}; a handler (req, res) needs spec.signature: http`, { cause });
}
