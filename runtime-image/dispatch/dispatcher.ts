import type { IncomingMessage, ServerResponse } from 'node:http';
import { HEADER } from '../../api/names.ts';
import type { Assignment } from '../assignment.ts';
import { type Call, Calls, currentCall } from '../call/call.ts';
import type { Stop } from '../call/stop.ts';
import { nowMs } from '../clock.ts';
import { Exchange, type Replier } from '../http/exchange.ts';
import type { Upgrade } from '../http/upgrade.ts';
import type { WebSockets } from '../http/web-sockets.ts';
import type { Invoke } from '../signatures/invoke.ts';
import type { JsonLog } from '../telemetry/log.ts';
import type { RequestMetrics } from '../telemetry/metrics.ts';
import { CallContext, type Replica } from './call-context.ts';
import { ConcurrencyLimit, holdMs, overdueAfterMs } from './concurrency-limit.ts';
import { watchOverdue } from './overdue.ts';
import { HandlerRun, type HandlerRunDeps } from './run-handler.ts';
import type { ReplicaStage } from './stage.ts';
import { WaitUntilSet } from './wait-until.ts';

/** Longest that a request waits for the module to be loaded, in milliseconds. */
export const LOADING_WAIT_MS = 500;

interface DispatcherDeps {
  assignment: Assignment;
  stage: ReplicaStage;
  log: JsonLog;
  metrics: RequestMetrics;
  webSockets: WebSockets;
  /** Every place is held by a handler that does not end. */
  onStuck(): void;
}

/** Lets requests in, has the handler answer them, and counts them until they are over. */
export class Dispatcher {
  readonly #deps: DispatcherDeps;
  readonly #limit: ConcurrencyLimit;
  readonly #calls: Calls;
  readonly #replier: Replier;
  readonly #runDeps: HandlerRunDeps;
  readonly #replica: Replica;
  readonly #waitUntil: WaitUntilSet;
  readonly #watchers = new Set<() => void>();
  #invoke: Invoke | undefined;
  #isFirst = true;
  #lastRequestMs = 0;
  #unanswered = 0;
  #pending = 0;

  constructor(deps: DispatcherDeps) {
    const { assignment, stage, log } = deps;
    const { timeoutMs, concurrencyLimit } = assignment;
    this.#deps = deps;
    this.#limit = new ConcurrencyLimit(concurrencyLimit);
    this.#calls = new Calls({ ms: timeoutMs, field: 'spec.timeoutSeconds' }, (error) =>
      log.thrown('error', 'what listens to the signal failed', error),
    );
    this.#waitUntil = new WaitUntilSet(log);
    this.#replier = { assignment, isLeaving: () => stage.current !== 'ready', webSockets: deps.webSockets };
    const onStopped = ({ limit }: Call, stop: Stop, running: Promise<void>) =>
      watchOverdue(running, overdueAfterMs(stop, limit.ms), { limit: this.#limit, ...deps });
    this.#runDeps = { log, onStopped };
    const waitUntil = (promise: PromiseLike<unknown>) => void this.#hold(() => this.#waitUntil.settle(promise));
    this.#replica = { assignment, log, waitUntil };
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

  /** What was given to waitUntil and has not settled. */
  get waitUntil(): Pick<WaitUntilSet, 'size' | 'isAny'> {
    return this.#waitUntil;
  }

  use(invoke: Invoke): void {
    this.#invoke = invoke;
  }

  /** Resolves once `isOver` is true, looked at whenever something ends. */
  async until(isOver: (dispatcher: Dispatcher) => boolean): Promise<void> {
    while (!isOver(this)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#watchers.add(resolve);
      await promise;
      this.#watchers.delete(resolve);
    }
  }

  /** Stops a call, unless it is over. */
  stop(call: Call, stop: Stop): void {
    if (stop.why === 'crashed') this.#waitUntil.crashed(call);
    this.#calls.stop(call, stop);
  }

  /** Stops every call that is not over. */
  stopAll(stop: Stop): void {
    this.#calls.stopAll(stop);
    this.#changed();
  }

  /** Answers one request. @param upgrade where it is one for a WebSocket. */
  serve(message: IncomingMessage, response: ServerResponse, expectsContinue: boolean, upgrade?: Upgrade): void {
    const atMs = nowMs();
    this.#lastRequestMs = atMs;
    const exchange = new Exchange(message, response, expectsContinue, this.#replier);
    if (upgrade !== undefined) exchange.upgrade = upgrade;
    const invoke = this.#admitting();
    if (upgrade === undefined && invoke !== undefined && this.#limit.tryAcquire()) this.#begin(exchange, invoke, atMs);
    else this.#await(exchange).catch((error) => this.#lost(exchange, error));
  }

  /** A request that cannot even be refused. */
  #lost(exchange: Exchange, error: unknown): void {
    this.#deps.log.thrown('error', 'a request could not be let in', error);
    exchange.destroy();
  }

  /** The handler, where requests may be let in to it. */
  #admitting(): Invoke | undefined {
    const { current } = this.#deps.stage;
    return current === 'loading' || current === 'failed' ? undefined : this.#invoke;
  }

  /** Lets a request in as soon as it can be, or refuses it. */
  async #await(exchange: Exchange): Promise<void> {
    const { stage, webSockets } = this.#deps;
    if (exchange.upgrade !== undefined) await this.#hold(() => webSockets.prepare());
    if (stage.current === 'loading') await this.#hold(() => stage.loaded(LOADING_WAIT_MS));
    const invoke = this.#admitting();
    if (exchange.response.closed) {
      // The client is gone: there is no connection to answer on.
      exchange.drop();
    } else if (invoke === undefined) {
      const why =
        stage.current === 'failed' ? 'the replica has failed and is about to exit' : 'the replica is not ready';
      await this.#refuse(exchange, why);
    } else if (
      this.#limit.tryAcquire() ||
      (await this.#held(exchange, holdMs(exchange.message.headers[HEADER.waitMs])))
    ) {
      this.#begin(exchange, invoke, nowMs());
    } else {
      await this.#refuse(exchange, 'the replica runs as many requests as its limit allows', 'full');
    }
  }

  /** Resolves with whether it got a place in time; a client that left gets none. */
  async #held(exchange: Exchange, withinMs: number): Promise<boolean> {
    if (withinMs === 0) return false;
    const { acquired, cancel } = this.#limit.acquire(withinMs);
    exchange.response.once('close', cancel);
    let hasPlace = false;
    await this.#hold(async () => {
      hasPlace = await acquired;
    });
    exchange.response.off('close', cancel);
    const isWanted = !exchange.response.closed && this.#deps.stage.current !== 'failed';
    if (hasPlace && !isWanted) this.#limit.release();
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

  /** Has a place. @param atMs now. */
  #begin(exchange: Exchange, invoke: Invoke, atMs: number): void {
    const { headers } = exchange.message;
    const call = this.#calls.make(exchange.requestId, headers, atMs);
    const context = new CallContext(call, this.#isFirst, this.#replica, headers);
    const run = new HandlerRun(exchange, call, this.#runDeps);
    this.#isFirst = false;
    this.#pending++;
    this.#unanswered++;
    exchange.response.on('close', () => this.#closed(exchange, call, run));
    // Not `run`, which would set back afterwards what the next request sets anew: Node does, where its callback ends.
    currentCall.enterWith(call);
    const running = run.start(invoke, context);
    if (running === undefined) {
      this.#settled(run);
      return;
    }
    // Only now: what ends in the turn that it begins in cannot be stopped.
    this.#calls.begin(call, run);
    void running.then(() => {
      this.#calls.close(call);
      this.#settled(run);
    });
  }

  /** Handler and answer have ended. */
  #settled(run: HandlerRun): void {
    run.isOver = true;
    if (run.exchange.response.closed) this.#over();
  }

  /** The answer has left, or the client. */
  #closed(exchange: Exchange, call: Call, run: HandlerRun): void {
    // Counted in any case: what a handler has made of Node's own response may throw.
    try {
      const { writableFinished, statusCode } = exchange.response;
      if (!writableFinished) this.#calls.stop(call, { why: 'gone' });
      exchange.drop();
      const status = writableFinished || exchange.isUpgraded ? statusCode : undefined;
      this.#deps.metrics.observe(status, (nowMs() - call.startedMs) / 1000);
    } catch (error) {
      this.#deps.log.thrown('error', 'a request could not be counted', error);
    }
    this.#unanswered--;
    if (run.isOver) this.#over();
    else this.#changed();
  }

  #over(): void {
    this.#pending--;
    this.#limit.release();
    this.#changed();
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
    if (this.#watchers.size === 0) return;
    for (const changed of this.#watchers) changed();
  }
}
