import type { Call, Calls, Stop } from './call.ts';
import type { Context } from './context.ts';
import type { Exchange } from './exchange.ts';
import { failureOfStop, failureOfThrown } from './failure.ts';
import type { JsonLog } from './log.ts';
import { discard } from './respond.ts';
import type { Invoke } from './signatures/invoke.ts';

export interface Answering {
  exchange: Exchange;
  calls: Calls;
  call: Call;
  invoke: Invoke;
  context: Context;
  log: JsonLog;
  timeoutMs: number;
  /** The call was stopped, and its handler still runs; `running` resolves when it has settled. */
  onStopped(stop: Stop, running: Promise<void>): void;
}

/** Has the handler answer, or says why it did not. Resolves when the handler and its stream have ended. Never rejects. */
export function answer(work: Answering): Promise<void> {
  work.calls.whenStopped(work.call, (stop) => {
    void answerStop(work, stop);
    work.onStopped(stop, running);
  });
  const running = run(work);
  return running;
}

async function run(work: Answering): Promise<void> {
  const { exchange, call, invoke, context } = work;
  try {
    const reply = await invoke(exchange, call, context);
    if (reply === undefined) return;
    if (call.isStopped) await discard(reply);
    else await exchange.send(reply);
  } catch (error) {
    await failed(work, error);
  }
}

async function failed({ exchange, call, log }: Answering, error: unknown): Promise<void> {
  if (!call.isStopped) {
    log.line('error', 'handler failed', { err: error });
    await exchange.fail(failureOfThrown(error));
  } else if (error !== call.signal.reason) {
    log.line('warn', 'handler failed after its request was over', { err: error });
  }
}

async function answerStop({ exchange, log, timeoutMs }: Answering, stop: Stop): Promise<void> {
  const failure = failureOfStop(stop, timeoutMs);
  if (failure === undefined) return;
  log.line('warn', 'request stopped', { reason: stop.why, answerBegun: exchange.response.headersSent });
  await exchange.fail(failure);
}
