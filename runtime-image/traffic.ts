import type { IncomingMessage, ServerResponse } from 'node:http';
import { HEADER } from '../api/names.ts';
import { answer } from './answer.ts';
import { type Call, Calls, currentCall, type Stop } from './call.ts';
import { CallContext } from './call-context.ts';
import { nowMs } from './clock.ts';
import type { Context } from './context.ts';
import type { Settings } from './env.ts';
import { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import { holdMs, overdueAfterMs, Places } from './limits.ts';
import type { JsonLog } from './log.ts';
import type { RequestMetrics } from './metrics.ts';
import type { Invoke } from './signatures/invoke.ts';

/** Longest that a request waits for the module to be loaded, in milliseconds. */
export const LOADING_WAIT_MS = 500;

export interface TrafficDeps {
  settings: Settings;
  gate: Gate;
  log: JsonLog;
  metrics: RequestMetrics;
  /** Every place is held by a handler that does not end. */
  onStuck(): void;
}

/** Lets requests in, has the handler answer them, and counts them until they are over. */
export class Traffic {
  readonly #deps: TrafficDeps;
  readonly #places: Places;
  readonly #calls = new Calls();
  readonly #watchers = new Set<() => void>();
  #invoke: Invoke | undefined;
  #isFirst = true;
  #lastRequestMs = 0;
  #unanswered = 0;
  #pending = 0;
  #waitUntilPending = 0;

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

  /** Promises given to waitUntil that have not settled. */
  get waitUntilPending(): number {
    return this.#waitUntilPending;
  }

  use(invoke: Invoke): void {
    this.#invoke = invoke;
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
    this.#calls.stopAll(stop);
  }

  /** Answers one request. Never rejects. */
  async serve(message: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void> {
    this.#lastRequestMs = nowMs();
    const { gate, settings } = this.#deps;
    const isLeaving = () => gate.stage !== 'ready';
    const exchange = new Exchange({ message, response, expectsContinue, settings, isLeaving });
    if (gate.stage === 'loading') await gate.loaded(LOADING_WAIT_MS);
    const invoke = this.#invoke;
    if (invoke === undefined) return this.#refuse(exchange, 'the replica is not ready');
    if (gate.stage === 'failed') return this.#refuse(exchange, 'the replica has failed and is about to exit');
    if (!this.#places.take() && !(await this.#held(exchange, holdMs(message.headers[HEADER.waitMs])))) {
      return this.#refuse(exchange, 'the replica runs as many requests as its limit allows', 'full');
    }
    await this.#hold(() => this.#call(exchange, invoke));
    this.#places.give();
  }

  /** Resolves with whether it got a place in time; a client that left gets none. */
  async #held(exchange: Exchange, withinMs: number): Promise<boolean> {
    if (withinMs === 0) return false;
    const { taken, cancel } = this.#places.await(withinMs);
    exchange.response.once('close', cancel);
    let hasPlace = false;
    await this.#hold(async () => {
      hasPlace = await taken;
    });
    exchange.response.off('close', cancel);
    const isWanted = !exchange.response.closed && this.#deps.gate.stage !== 'failed';
    if (hasPlace && !isWanted) this.#places.give();
    return hasPlace && isWanted;
  }

  /** Nothing of the request has been read, and no handler has seen it. */
  #refuse(exchange: Exchange, message: string, why: 'full' | 'unready' = 'unready'): Promise<void> {
    return this.#hold(async () => {
      await exchange.fail({ code: 'NotStarted', message, isFull: why === 'full' });
      exchange.drop();
      await exchange.closed();
    });
  }

  async #call(exchange: Exchange, invoke: Invoke): Promise<void> {
    const { settings, log } = this.#deps;
    const call = this.#calls.open(exchange.requestId, settings.timeoutMs);
    const context = this.#contextOf(call);
    const onStopped = (stop: Stop, running: Promise<void>) =>
      this.#watchOverdue(running, overdueAfterMs(stop, settings.timeoutMs));
    this.#unanswered++;
    exchange.response.once('close', () => this.#closed(exchange, call));
    await currentCall.run(call, () =>
      answer({ exchange, calls: this.#calls, call, invoke, context, log, timeoutMs: settings.timeoutMs, onStopped }),
    );
    this.#calls.close(call);
    await exchange.closed();
  }

  #closed(exchange: Exchange, call: Call): void {
    const { writableFinished, statusCode } = exchange.response;
    if (!writableFinished) call.stop({ why: 'gone' });
    exchange.drop();
    this.#deps.metrics.observe(writableFinished ? statusCode : undefined, (nowMs() - call.startedMs) / 1000);
    this.#unanswered--;
    this.#changed();
  }

  /** A handler that does not settle in time is counted as overdue until it does. */
  #watchOverdue(running: Promise<void>, afterMs: number | undefined): void {
    if (afterMs === undefined) return;
    let isOverdue = false;
    const timer = setTimeout(() => {
      isOverdue = true;
      this.#deps.log.line('warn', 'handler still runs long after its request was stopped', { afterMs });
      this.#places.markOverdue();
      if (this.#places.stuck) this.#deps.onStuck();
    }, afterMs).unref();
    void running.then(() => {
      clearTimeout(timer);
      if (isOverdue) this.#places.unmarkOverdue();
    });
  }

  #contextOf(call: Call): Context {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    const waitUntil = (promise: PromiseLike<unknown>) => void this.#hold(() => this.#settle(promise));
    return new CallContext(call, isFirst, waitUntil, this.#deps);
  }

  async #settle(promise: PromiseLike<unknown>): Promise<void> {
    this.#waitUntilPending++;
    try {
      await promise;
    } catch (error) {
      this.#deps.log.line('error', 'waitUntil failed', { err: error });
    } finally {
      this.#waitUntilPending--;
    }
  }

  /** Counts as pending until `work` is done. */
  async #hold(work: () => Promise<void>): Promise<void> {
    this.#pending++;
    await work();
    this.#pending--;
    this.#changed();
  }

  #changed(): void {
    for (const changed of this.#watchers) changed();
  }
}
