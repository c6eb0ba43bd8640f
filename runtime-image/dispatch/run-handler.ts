import type { Call, Stoppable } from '../call/call.ts';
import type { Context } from '../call/context.ts';
import type { Stop } from '../call/stop.ts';
import { type Failure, failureOfStop, failureOfThrown } from '../http/error-reply.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Reply } from '../http/reply.ts';
import { discard } from '../http/write-response.ts';
import { type Invoke, isPromiseLike } from '../signatures/invoke.ts';
import type { JsonLog } from '../telemetry/log.ts';

/** What all runs of a replica have in common. */
export interface HandlerRunDeps {
  log: JsonLog;
  /** `call` was stopped, and its handler still runs; `running` resolves when it has settled. */
  onStopped(call: Call, stop: Stop, running: Promise<void>): void;
}

/** One run of the handler: it ends with the handler's reply on the wire, or with why there is none. */
export class HandlerRun implements Stoppable {
  readonly exchange: Exchange;
  readonly call: Call;
  readonly #deps: HandlerRunDeps;
  #running: Promise<void> | undefined;
  /** Handler and answer have ended. */
  isOver = false;

  constructor(exchange: Exchange, call: Call, deps: HandlerRunDeps) {
    this.exchange = exchange;
    this.call = call;
    this.#deps = deps;
  }

  /**
   * Has the handler answer. Undefined: handler and answer are over already, as they mostly are; else resolves when the
   * handler and its stream have ended. Never throws, never rejects.
   */
  start(invoke: Invoke, context: Context): Promise<void> | undefined {
    try {
      const reply = invoke(this.exchange, this.call, context);
      const sending = isPromiseLike(reply) ? this.#settle(reply) : this.#send(reply);
      this.#running = sending?.catch((error) => this.#failed(error));
    } catch (error) {
      this.#running = this.#failed(error);
    }
    return this.#running;
  }

  stopped(stop: Stop): void {
    void this.#sayStop(stop);
    if (this.#running !== undefined) this.#deps.onStopped(this.call, stop, this.#running);
  }

  async #settle(reply: PromiseLike<Reply | undefined>): Promise<void> {
    await this.#send(await reply);
  }

  #send(reply: Reply | undefined): Promise<void> | undefined {
    if (reply === undefined) return undefined;
    return this.call.isStopped ? discard(reply) : this.exchange.send(reply);
  }

  async #failed(error: unknown): Promise<void> {
    const { call } = this;
    const { log } = this.#deps;
    if (!call.isStopped) {
      log.thrown('error', 'handler failed', error);
      await this.#say(failureOfThrown(error));
    } else if (error !== call.signal.reason) {
      log.thrown('warn', 'handler failed after its request was over', error);
    }
  }

  async #sayStop(stop: Stop): Promise<void> {
    const { log } = this.#deps;
    const failure = failureOfStop(stop, this.call.limit);
    if (failure === undefined) return;
    log.line('warn', 'request stopped', { reason: stop.why, answerBegun: this.exchange.response.headersSent });
    await this.#say(failure);
  }

  /** Never rejects: where the handler has made an answer impossible, the connection ends. */
  async #say(failure: Failure): Promise<void> {
    try {
      await this.exchange.fail(failure);
    } catch (error) {
      this.#deps.log.thrown('error', 'the failure could not be answered', error);
      this.exchange.destroy();
    }
  }
}
