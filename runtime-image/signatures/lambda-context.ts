import type { Call } from '../call/call.ts';
import type { Context } from '../call/context.ts';
import { nowMs } from '../clock.ts';
import type { Tools } from './invoke.ts';

/** `(error, result)`, as a callback of Lambda's. */
export type Done = (error?: unknown, result?: unknown) => void;

/** Lambda's context object. */
export interface LambdaContext {
  /** Has no effect: the answer leaves when the function is done. */
  callbackWaitsForEmptyEventLoop: boolean;
  readonly functionName: string;
  readonly functionVersion: string;
  readonly invokedFunctionArn: string;
  readonly memoryLimitInMB: string;
  readonly awsRequestId: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  /** Milliseconds until the request's time is up; without a limit those of the longest timer. */
  getRemainingTimeInMillis(): number;
  done: Done;
  fail(error: unknown): void;
  succeed(result: unknown): void;
}

const LONGEST_TIMER_MS = 2_147_483_647;

/** Of a container without a limit, what the machine has. */
function memoryLimitBytes(): number {
  const machine = process.getBuiltinModule('node:os').totalmem();
  const container = process.constrainedMemory();
  return container > 0 && container < machine ? container : machine;
}

/**
 * @param call the request's.
 * @param done what `done`, `fail` and `succeed` come to.
 */
export function lambdaContext(context: Context, tools: Tools, call: Call, done: Done): LambdaContext {
  const { startedMs, limit } = call;
  const limitMs = limit.ms === 0 ? LONGEST_TIMER_MS : limit.ms;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: tools.function,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${tools.function}`,
    get memoryLimitInMB() {
      return String(Math.floor(memoryLimitBytes() / 1024 / 1024));
    },
    awsRequestId: context.requestId,
    logGroupName: `/aws/lambda/${tools.function}`,
    logStreamName: tools.revision,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(limitMs - (nowMs() - startedMs))),
    done,
    fail: (error) => done(error ?? new Error('the handler called context.fail without an error')),
    succeed: (result) => done(null, result),
  };
}
