import type { Exchange } from '../http/exchange.ts';
import { errorOf } from '../telemetry/thrown-value.ts';
import { type Invoke, isPromiseLike, type Tools, type UserFunction } from './invoke.ts';
import { type Done, type LambdaContext, lambdaContext } from './lambda-context.ts';
import { type LambdaEvent, lambdaEvent } from './lambda-event.ts';
import { replyOfLambda } from './lambda-result.ts';
import { refusalOf } from './refusal.ts';
import { wholeBody } from './whole-body.ts';

/**
 * AWS Lambda's shape, behind an HTTP API: `(event, context)`, or with a callback. The first of what it returns, the
 * callback and `context.done` counts.
 * @param callsBack whether the function may answer by its callback or its context; else it is done when it returns.
 */
export function lambdaInvoke(call: UserFunction, callsBack: boolean, tools: Tools): Invoke {
  return async (exchange, stopped, context) => {
    const prepared = await readEvent(exchange, tools).catch(refusalOf(exchange));
    if ('status' in prepared) return prepared;
    if (stopped.isStopped) return undefined;
    const contextOf = (done: Done) => lambdaContext(context, tools, stopped, done);
    return replyOfLambda(await resultOf(call, callsBack, prepared.event, contextOf));
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
  callsBack: boolean,
  event: LambdaEvent,
  contextOf: (done: Done) => LambdaContext,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const done: Done = (error, result) => {
      if (error === undefined || error === null) resolve(result);
      else reject(errorOf(error));
    };
    const returned = call(event, contextOf(done), done);
    if (!callsBack || isPromiseLike(returned) || isResult(returned)) resolve(returned);
  });
}

/**
 * Whether what a function returned is an answer, of one that may call back too. What it returns by the way is none: the
 * timer that it set, the emitter that it listens to.
 */
function isResult(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'string';
  if (Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value))) return true;
  // Those are answers elsewhere, and refused in words.
  return ['Response', 'Map', 'Set'].some((tag) => Object.prototype.toString.call(value) === `[object ${tag}]`);
}
