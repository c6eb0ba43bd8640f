import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { INTERNAL_HEADER_PREFIX } from '../../api/names.ts';
import { http } from '../builtin.ts';
import type { Exchange } from '../http/exchange.ts';
import { servedRequestOf } from './http-request.ts';
import { servedResponseOf } from './http-response.ts';
import type { Invoke, Tools, UserFunction } from './invoke.ts';
import { parsedBody } from './parsed-body.ts';
import { refusalOf } from './refusal.ts';
import { wholeBody } from './whole-body.ts';

const TAKES_REQUEST = 'a handler (request) => Response needs spec.signature: fetch';
/** What comes of using a Request's members on Node's message: its url is a path, its headers are a plain object. */
const OF_A_REQUEST = /^Invalid URL$|\.(?:get|text|json|formData|arrayBuffer|blob|bytes|clone) is not a function$/;

/**
 * The Functions Framework's `http`, which is Express's: `(req, res)`. The body is read and parsed before the function is
 * called. What the function returns does not count: its answer is over when `res` has ended, be it before or after the
 * promise that it returned.
 */
export function httpInvoke(call: UserFunction, { warn }: Tools): Invoke {
  return async (exchange, stopped) => {
    const { message, response } = exchange;
    const parsed = await wholeBody(exchange)
      .then((sent) => parsedBody(sent, message.headers))
      .catch(refusalOf(exchange));
    if ('status' in parsed) return parsed;
    if (stopped.isStopped) return undefined;
    addOwnHeaders(exchange);
    // Written to after its end, it would otherwise end the whole replica.
    response.on('error', (err) => warn('the handler wrote to an answer that is over', { err }));
    const [req, res] = [servedRequestOf(message, parsed), servedResponseOf(response)];
    req.res = res;
    await called(call, req, res);
    await exchange.closed();
    return undefined;
  };
}

/** What a handler that was written to be given a Request returns, or throws, says which signature it is of. */
async function called(call: UserFunction, req: unknown, res: ServerResponse): Promise<void> {
  try {
    const returned = await call(req, res);
    if (call.length < 2 && !res.headersSent && Object.prototype.toString.call(returned) === '[object Response]') {
      throw new TypeError(`the handler returned a Response and ended no res; ${TAKES_REQUEST}`);
    }
  } catch (error) {
    const isForRequest = call.length < 2 && error instanceof TypeError && OF_A_REQUEST.test(error.message);
    throw isForRequest ? new TypeError(`${error.message}; ${TAKES_REQUEST}`, { cause: error }) : error;
  }
}

type Head = OutgoingHttpHeaders | OutgoingHttpHeader[];

/**
 * Has every head that the handler writes carry the runtime's own headers, and none that only the runtime may send. On
 * the object itself, so that a framework may change its prototype.
 */
function addOwnHeaders(exchange: Exchange): void {
  const { response } = exchange;
  response.writeHead = (status: number, reason?: string | Head, head?: Head) => {
    const given = typeof reason === 'string' ? head : (head ?? reason);
    if (!response.headersSent) {
      if (given !== undefined) setAll(response, given);
      setOwn(exchange);
    }
    const words = typeof reason === 'string' ? [status, reason] : [status];
    return Reflect.apply(http.ServerResponse.prototype.writeHead, response, words) as ServerResponse;
  };
}

function setOwn(exchange: Exchange): void {
  const { response } = exchange;
  for (const name of response.getHeaderNames()) {
    if (name.startsWith(INTERNAL_HEADER_PREFIX)) response.removeHeader(name);
  }
  for (const [name, value] of Object.entries(exchange.ownHeaders())) response.setHeader(name, value);
}

function setAll(response: ServerResponse, head: Head): void {
  if (!Array.isArray(head)) {
    for (const [name, value] of Object.entries(head)) if (value !== undefined) response.setHeader(name, value);
    return;
  }
  const flat = Array.isArray(head[0]) ? head.flat() : head;
  const names = flat.filter((_, index) => index % 2 === 0).map(String);
  for (const name of names) response.removeHeader(name);
  for (const [index, name] of names.entries()) {
    const value = flat[2 * index + 1];
    if (value !== undefined) response.appendHeader(name, Array.isArray(value) ? value : String(value));
  }
}
