import type { Exchange } from '../http/exchange.ts';
import type { Reply } from '../http/reply.ts';
import { decompressed } from './decompress.ts';
import { cloudEventOf } from './event-of-request.ts';
import type { Invoke, UserFunction } from './invoke.ts';
import { Refused, refusalOf } from './refusal.ts';
import { wholeBody } from './whole-body.ts';

/**
 * The Functions Framework's `cloudEvent`: one CloudEvents 1.0 event, POSTed in binary or structured mode. Events in the
 * form that Cloud Functions had before are converted.
 * @param takesCallback the function answers by its second argument, `(error, result)`.
 */
export function cloudEventInvoke(call: UserFunction, takesCallback: boolean): Invoke {
  return async (exchange, stopped) => {
    const prepared = await read(exchange).catch(refusalOf(exchange));
    if ('status' in prepared) return prepared;
    if (stopped.isStopped) return undefined;
    return replyOfResult(takesCallback ? await called(call, prepared.event) : await call(prepared.event));
  };
}

async function read(exchange: Exchange): Promise<{ event: unknown }> {
  const { method, headers, url } = exchange.message;
  if (method !== 'POST') {
    throw new Refused(405, 'MethodNotAllowed', `an event is sent by POST, not ${method}`, [['allow', 'POST']]);
  }
  const body = await decompressed(await wholeBody(exchange), headers['content-encoding']);
  return { event: cloudEventOf(headers, body, url ?? '/') };
}

function called(call: UserFunction, event: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    call(event, (error: unknown, result: unknown) => {
      if (error === undefined || error === null) resolve(result);
      else reject(error);
    });
  });
}

/** Nothing is 204, a string is text, bytes are bytes, all else is JSON. */
function replyOfResult(result: unknown): Reply {
  if (result === undefined || result === null) return { status: 204, statusText: '', headers: [], body: null };
  const reply = (type: string, body: string | Uint8Array): Reply => ({
    status: 200,
    statusText: '',
    headers: [['content-type', type]],
    body,
  });
  if (typeof result === 'string') return reply('text/html; charset=utf-8', result);
  if (result instanceof Uint8Array) return reply('application/octet-stream', result);
  return reply('application/json; charset=utf-8', JSON.stringify(result));
}
