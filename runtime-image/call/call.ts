import { AsyncLocalStorage } from '../builtin.ts';
import { nowMs } from '../clock.ts';
import type { Trace } from './context.ts';
import { guardListeners } from './guarded-listener.ts';
import { abortReason, type Stop } from './stop.ts';
import { type TimeLimit, timeLimitOf } from './time-limit.ts';
import { traceOf } from './trace.ts';

/** The call in whose course code runs; undefined outside of any. */
export const currentCall = new AsyncLocalStorage<Call>();

/** What has to hear that its call is stopped. */
export interface Stoppable {
  /** Called once at most; never, where the call ends by itself. */
  stopped(stop: Stop): void;
}

/**
 * The calls that are open, each with its work. Not kept in the call itself: sockets keep the call that they last worked
 * for as their context, and with its request in it every request survived into the old generation: 94 MiB after a load
 * that now leaves 40.
 *
 * One timer for all that have the replica's time limit: of these the map's order of insertion is that of the deadlines. The few
 * with a limit of their own, deliveries, have a timer of their own.
 */
export class Calls {
  readonly #limit: TimeLimit;
  readonly #onListenerFailed: (error: unknown) => void;
  readonly #works = new Map<Call, Stoppable>();
  #timer: NodeJS.Timeout | undefined;
  readonly #ownTimers = new Map<Call, NodeJS.Timeout>();

  /**
   * @param limit of each call that has none of its own.
   * @param onListenerFailed called with an error of what listens to a call's signal; default: it is of no interest.
   */
  constructor(limit: TimeLimit, onListenerFailed: (error: unknown) => void = () => undefined) {
    this.#limit = limit;
    this.#onListenerFailed = onListenerFailed;
  }

  /** The call of a request with `headers`. @param startedMs by clock.ts. */
  make(requestId: string, headers: Readonly<Record<string, unknown>>, startedMs: number): Call {
    const limit = timeLimitOf(headers, this.#limit);
    return new Call({ requestId, trace: traceOf(headers), startedMs, limit, onListenerFailed: this.#onListenerFailed });
  }

  /** `work.stopped` is called when `call` is stopped, after its time at the latest. */
  begin(call: Call, work: Stoppable): void {
    this.#works.set(call, work);
    // It may have run for long already, without coming back to the main loop.
    const leftMs = Math.max(0, Math.ceil(call.startedMs + call.limit.ms - nowMs()));
    if (call.limit !== this.#limit)
      this.#ownTimers.set(
        call,
        setTimeout(() => this.#timeIsUp(call), leftMs),
      );
    else if (this.#timer === undefined && call.limit.ms !== 0) this.#expireAfter(leftMs);
  }

  /** The call is over: it cannot be stopped any more. */
  close(call: Call): void {
    this.#works.delete(call);
    if (call.limit === this.#limit) return;
    clearTimeout(this.#ownTimers.get(call));
    this.#ownTimers.delete(call);
  }

  /** Stops a call that is open; the first reason counts. */
  stop(call: Call, stop: Stop): void {
    const work = this.#works.get(call);
    if (work === undefined) return;
    this.close(call);
    // In the call's own course, so that what listens to the signal logs with its id.
    currentCall.run(call, () => call.stop(stop, () => work.stopped(stop)));
  }

  stopAll(stop: Stop): void {
    for (const call of this.#works.keys()) this.stop(call, stop);
  }

  #expireAfter(ms: number): void {
    this.#timer = setTimeout(() => this.#expire(), Math.ceil(ms));
  }

  #timeIsUp(call: Call): void {
    if (!call.hasNoLimit) this.stop(call, { why: 'timeout' });
  }

  #expire(): void {
    this.#timer = undefined;
    const startedMs = nowMs() - this.#limit.ms;
    for (const call of this.#works.keys()) {
      if (call.hasNoLimit || call.limit !== this.#limit) continue;
      if (call.startedMs > startedMs) {
        this.#expireAfter(call.startedMs - startedMs);
        break;
      }
      this.stop(call, { why: 'timeout' });
    }
  }
}

interface CallParts {
  requestId: string;
  trace: Trace | undefined;
  /** By clock.ts. */
  startedMs: number;
  limit: TimeLimit;
  /** Called with an error of what listens to the signal. */
  onListenerFailed(error: unknown): void;
}

/** One request in the handler's hands. */
export class Call {
  readonly requestId: string;
  readonly trace: Trace | undefined;
  /** By clock.ts. */
  readonly startedMs: number;
  readonly limit: TimeLimit;
  /** It may take as long as it likes. */
  hasNoLimit = false;
  readonly #onListenerFailed: (error: unknown) => void;
  #stop: Stop | undefined;
  #abort: AbortController | undefined;

  constructor({ requestId, trace, startedMs, limit, onListenerFailed }: CallParts) {
    this.#onListenerFailed = onListenerFailed;
    this.requestId = requestId;
    this.trace = trace;
    this.startedMs = startedMs;
    this.limit = limit;
  }

  get isStopped(): boolean {
    return this.#stop !== undefined;
  }

  /** Made when it is first looked at: most handlers never do. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      guardListeners(this.#abort.signal, this.#onListenerFailed);
      if (this.#stop !== undefined) this.#abort.abort(abortReason(this.#stop));
    }
    return this.#abort.signal;
  }

  /** To be called once, by `Calls`. @param first done before the signal's listeners run. */
  stop(stop: Stop, first: () => void): void {
    this.#stop = stop;
    first();
    this.#abort?.abort(abortReason(stop));
  }
}
