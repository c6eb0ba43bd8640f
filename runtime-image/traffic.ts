import type { IncomingMessage, ServerResponse } from 'node:http';
import { HEADER } from '../api/names.ts';
import { randomUuid } from './builtin.ts';
import { Call, currentCall, type Stop } from './call.ts';
import { nowMs } from './clock.ts';
import type { Context, Handler } from './context.ts';
import type { Settings } from './env.ts';
import { type Failure, failureOfThrown, replyOfFailure } from './failure.ts';
import type { Gate } from './gate.ts';
import { Places } from './limits.ts';
import type { JsonLog } from './log.ts';
import type { RequestMetrics } from './metrics.ts';
import { type Reply, replyOf } from './reply.ts';
import { dropBody, hasBody, servedRequest } from './request.ts';
import { breakOff, discard, type OwnHeaders, send } from './respond.ts';

/** Longest that a request waits for the module to be loaded, in milliseconds. */
export const LOADING_WAIT_MS = 500;

/** How long a handler may go on after its 504 before it counts as one that never ends. */
const OVERDUE_MS = 10_000;

const REQUEST_ID = /^[!-~]{1,200}$/;

export interface TrafficDeps {
  settings: Settings;
  gate: Gate;
  log: JsonLog;
  metrics: RequestMetrics;
  /** Every place is held by a handler that does not end. */
  onStuck(): void;
}

/** One request and its answer on the wire. */
interface Exchange {
  message: IncomingMessage;
  response: ServerResponse;
  /** The client waits for `100 Continue` before it sends the body. */
  expectsContinue: boolean;
  requestId: string;
}

/** Lets requests in, has the handler answer them, and counts them until they are over. */
export class Traffic {
  readonly #deps: TrafficDeps;
  readonly #places: Places;
  readonly #calls = new Set<Call>();
  #handler: Handler | undefined;
  #isFirst = true;
  #lastRequestMs = 0;
  #unanswered = 0;
  #pending = 0;
  readonly #watchers = new Set<() => void>();

  constructor(deps: TrafficDeps) {
    this.#deps = deps;
    this.#places = new Places(deps.settings.concurrencyLimit);
  }

  /** When the last request came, by clock.ts. */
  get lastRequestMs(): number {
    return this.#lastRequestMs;
  }
  /** Requests let in and not yet answered to the end. */
  get unanswered(): number {
    return this.#unanswered;
  }
  /** Those, the handlers that still run, and what was given to waitUntil. */
  get pending(): number {
    return this.#pending;
  }

  use(handler: Handler): void {
    this.#handler = handler;
  }

  /** Resolves once `isOver` is true, looked at whenever something ends. */
  async until(isOver: (traffic: Traffic) => boolean): Promise<void> {
    while (!isOver(this)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#watchers.add(resolve);
      await promise;
      this.#watchers.delete(resolve);
    }
  }

  /** Stops every call that is not over. */
  stopAll(stop: Stop): void {
    for (const call of this.#calls) call.stop(stop);
  }

  /** Answers one request. Never rejects. */
  async serve(message: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void> {
    this.#lastRequestMs = nowMs();
    const exchange = { message, response, expectsContinue, requestId: requestIdOf(message) };
    const { gate } = this.#deps;
    if (gate.stage === 'loading') await gate.loaded(LOADING_WAIT_MS);
    const handler = this.#handler;
    const refusal = handler === undefined ? 'the replica is not ready' : this.#refusal();
    if (handler === undefined || refusal !== undefined) return this.#refuse(exchange, refusal ?? '');
    this.#unanswered++;
    try {
      await this.#hold(() => this.#call(exchange, handler));
    } finally {
      this.#places.give();
    }
  }

  /** Why no request may be let in now; else a place is taken for it. */
  #refusal(): string | undefined {
    const { stage } = this.#deps.gate;
    if (stage === 'loading' || stage === 'failed') return `the replica is ${stage}`;
    return this.#places.take() ? undefined : `the replica runs as many requests as its concurrency limit allows`;
  }

  async #refuse(exchange: Exchange, message: string): Promise<void> {
    await this.#send(exchange, this.#failureReply({ code: 'NotStarted', message }, exchange));
    dropBody(exchange.message);
  }

  async #call(exchange: Exchange, handler: Handler): Promise<void> {
    using call = new Call(exchange.requestId, this.#deps.settings.timeoutMs);
    const { response } = exchange;
    this.#calls.add(call);
    response.once('close', () => {
      if (!response.writableFinished) call.stop({ why: 'gone' });
      this.#answered(exchange, call);
    });
    try {
      await currentCall.run(call, () => this.#answer(exchange, call, handler));
    } finally {
      this.#calls.delete(call);
    }
    if (!response.closed) await new Promise((resolve) => response.once('close', resolve));
  }

  /** The handler's answer, or why there is none. Resolves when the handler and its stream have ended. */
  async #answer(exchange: Exchange, call: Call, handler: Handler): Promise<void> {
    const running = this.#run(exchange, call, handler);
    const stop = await Promise.race([running, call.stopped]);
    if (stop === undefined) return;
    await this.#stopAnswer(exchange, stop);
    const overdue = setTimeout(() => this.#overdue(running), OVERDUE_MS).unref();
    await running;
    clearTimeout(overdue);
  }

  async #run(exchange: Exchange, call: Call, handler: Handler): Promise<undefined> {
    try {
      const result = await handler(this.#requestOf(exchange, call) as unknown as Request, this.#contextOf(call));
      const reply = replyOf(result);
      if (call.isStopped) await discard(reply);
      else await this.#send(exchange, reply);
    } catch (error) {
      if (call.isStopped) this.#failedLate(error, call);
      else await this.#fail(exchange, error);
    }
  }

  async #fail(exchange: Exchange, error: unknown): Promise<void> {
    this.#deps.log.line('error', 'handler failed', { err: error });
    if (exchange.response.headersSent) breakOff(exchange.response);
    else await this.#send(exchange, this.#failureReply(failureOfThrown(error), exchange));
  }

  #failedLate(error: unknown, call: Call): void {
    if (error === call.signal.reason) return;
    this.#deps.log.line('warn', 'handler failed after its request was over', { err: error });
  }

  async #stopAnswer(exchange: Exchange, stop: Stop): Promise<void> {
    const failure = failureOfStop(stop, this.#deps.settings.timeoutMs);
    if (failure === undefined) return;
    this.#deps.log.line('warn', 'request stopped', { reason: stop.why, answerBegun: exchange.response.headersSent });
    if (exchange.response.headersSent) breakOff(exchange.response);
    else await this.#send(exchange, this.#failureReply(failure, exchange));
  }

  #overdue(running: Promise<unknown>): void {
    this.#deps.log.line('warn', 'handler still runs long after its request was stopped', { overdueMs: OVERDUE_MS });
    this.#places.markOverdue();
    void running.then(() => this.#places.unmarkOverdue());
    if (this.#places.stuck) this.#deps.onStuck();
  }

  #answered(exchange: Exchange, call: Call): void {
    dropBody(exchange.message);
    const { response } = exchange;
    const code = response.writableFinished ? response.statusCode : undefined;
    this.#deps.metrics.observe(code, (nowMs() - call.startedMs) / 1000);
    this.#unanswered--;
    this.#changed();
  }

  #requestOf(exchange: Exchange, call: Call): ReturnType<typeof servedRequest> {
    const { message, response } = exchange;
    const beforeRead = () => {
      if (!exchange.expectsContinue) return;
      exchange.expectsContinue = false;
      response.writeContinue();
    };
    return servedRequest({ message, signal: () => call.signal, beforeRead });
  }

  #contextOf(call: Call): Context {
    const { settings, log } = this.#deps;
    const coldStart = this.#isFirst;
    this.#isFirst = false;
    return {
      requestId: call.requestId,
      get signal() {
        return call.signal;
      },
      function: settings.function,
      namespace: settings.namespace,
      revision: settings.revision,
      coldStart,
      waitUntil: (promise) => void this.#hold(() => this.#settle(promise)),
      get log() {
        return log.with({ requestId: call.requestId });
      },
    };
  }

  async #settle(promise: PromiseLike<unknown>): Promise<void> {
    try {
      await promise;
    } catch (error) {
      this.#deps.log.line('error', 'waitUntil failed', { err: error });
    }
  }

  /** Counts as pending until `work` is done. */
  async #hold(work: () => Promise<void>): Promise<void> {
    this.#pending++;
    try {
      await work();
    } finally {
      this.#pending--;
      this.#changed();
    }
  }

  #changed(): void {
    for (const changed of this.#watchers) changed();
  }

  #failureReply(failure: Failure, { requestId }: Exchange): Reply {
    const { namespace, function: name } = this.#deps.settings;
    return replyOfFailure(failure, { requestId, function: `${namespace}/${name}` });
  }

  async #send(exchange: Exchange, reply: Reply): Promise<void> {
    if (exchange.response.headersSent || exchange.response.closed) return discard(reply);
    await send(exchange.response, reply, this.#ownHeaders(exchange));
  }

  #ownHeaders({ message, expectsContinue, requestId }: Exchange): OwnHeaders {
    const own = { [HEADER.requestId]: requestId };
    // A client that was not told to go on may or may not send its body: nothing more can be read from it.
    if (expectsContinue) return { ...own, connection: 'close' };
    // Closing with a body unread would reset the connection, and the client might never see this answer.
    const isLeaving = this.#deps.gate.stage !== 'ready' && (message.complete || !hasBody(message));
    return isLeaving ? { ...own, connection: 'close' } : own;
  }
}

function requestIdOf(message: IncomingMessage): string {
  const given = message.headers[HEADER.requestId];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUuid();
}

function failureOfStop(stop: Stop, timeoutMs: number): Failure | undefined {
  if (stop.why === 'gone') return undefined;
  if (stop.why === 'crashed') return failureOfThrown(stop.error);
  if (stop.why === 'timeout') {
    return { code: 'Timeout', message: `the function took longer than timeoutSeconds, ${timeoutMs / 1000}` };
  }
  return { code: 'Timeout', message: 'the replica had to leave before the function answered' };
}
