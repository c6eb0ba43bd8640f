import { nowMs } from '../clock.ts';
import type { Exchange } from '../exchange.ts';
import { errorOf } from '../thrown-value.ts';
import type { Invoke, Tools, UserFunction } from './invoke.ts';
import { type Done, type LambdaContext, lambdaContext } from './lambda-context.ts';
import { type LambdaEvent, lambdaEvent } from './lambda-event.ts';
import { replyOfLambda } from './lambda-result.ts';
import { refusalOf } from './refusal.ts';
import { wholeBody } from './whole-body.ts';

/**
 * AWS Lambda's shape, behind an HTTP API: `(event, context)`, or with a callback. The first of what it returns, the
 * callback and `context.done` counts.
 * @param parameters of the function: one that takes neither context nor callback is done when it returns.
 */
export function lambdaInvoke(call: UserFunction, parameters: number, tools: Tools): Invoke {
  return async (exchange, stopped, context) => {
    const startedMs = nowMs();
    const prepared = await readEvent(exchange, tools).catch(refusalOf(exchange));
    if ('status' in prepared) return prepared;
    if (stopped.isStopped) return undefined;
    const contextOf = (done: Done) => lambdaContext(context, tools, startedMs, done);
    return replyOfLambda(await resultOf(call, parameters, prepared.event, contextOf));
  };
}

/** @throws Refused where the body is too large. */
export async function readEvent(exchange: Exchange, { function: name }: Tools): Promise<{ event: LambdaEvent }> {
  const { message, requestId } = exchange;
  const body = await wholeBody(exchange);
  return { event: lambdaEvent({ message, body, requestId, function: name, nowMs: Date.now() }) };
}

function resultOf(
  call: UserFunction,
  parameters: number,
  event: LambdaEvent,
  contextOf: (done: Done) => LambdaContext,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const done: Done = (error, result) => {
      if (error === undefined || error === null) resolve(result);
      else reject(errorOf(error));
    };
    const returned = call(event, contextOf(done), done);
    if (returned !== undefined || parameters < 2) resolve(returned);
  });
}
