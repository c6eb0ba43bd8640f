import { AsyncLocalStorage } from '../builtin.ts';
import { nowMs } from '../clock.ts';
import type { Trace } from './context.ts';
import { guardListeners } from './guarded-listener.ts';
import { abortReason, type Stop } from './stop.ts';

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
 * One timer for all of them: each has the same time limit, so the map's order of insertion is that of the deadlines.
 */
export class Calls {
  readonly #timeoutMs: number;
  readonly #works = new Map<Call, Stoppable>();
  #timer: NodeJS.Timeout | undefined;

  /** @param timeoutMs of each call; 0: no limit. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** `work.stopped` is called when `call` is stopped, after its time at the latest. */
  begin(call: Call, work: Stoppable): void {
    this.#works.set(call, work);
    if (this.#timer !== undefined || this.#timeoutMs === 0) return;
    // It may have run for long already, without coming back to the main loop.
    this.#expireAfter(Math.max(0, call.startedMs + this.#timeoutMs - nowMs()));
  }

  /** The call is over: it cannot be stopped any more. */
  close(call: Call): void {
    this.#works.delete(call);
  }

  /** Stops a call that is open; the first reason counts. */
  stop(call: Call, stop: Stop): void {
    const work = this.#works.get(call);
    if (work === undefined) return;
    this.#works.delete(call);
    // In the call's own course, so that what listens to the signal logs with its id.
    currentCall.run(call, () => call.stop(stop, () => work.stopped(stop)));
  }

  stopAll(stop: Stop): void {
    for (const call of this.#works.keys()) this.stop(call, stop);
  }

  #expireAfter(ms: number): void {
    this.#timer = setTimeout(() => this.#expire(), Math.ceil(ms));
  }

  #expire(): void {
    this.#timer = undefined;
    const startedMs = nowMs() - this.#timeoutMs;
    for (const call of this.#works.keys()) {
      if (call.hasNoLimit) continue;
      if (call.startedMs > startedMs) {
        this.#expireAfter(call.startedMs - startedMs);
        break;
      }
      this.stop(call, { why: 'timeout' });
    }
  }
}

/** One request in the handler's hands. */
export class Call {
  readonly requestId: string;
  readonly trace: Trace | undefined;
  /** By clock.ts. */
  readonly startedMs: number;
  /** It may take as long as it likes. */
  hasNoLimit = false;
  readonly #onListenerFailed: (error: unknown) => void;
  #stop: Stop | undefined;
  #abort: AbortController | undefined;

  /** @param onListenerFailed called with an error of what listens to the signal; default: it is of no interest. */
  constructor(
    requestId: string,
    trace: Trace | undefined,
    startedMs: number,
    onListenerFailed: (error: unknown) => void = () => undefined,
  ) {
    this.#onListenerFailed = onListenerFailed;
    this.requestId = requestId;
    this.trace = trace;
    this.startedMs = startedMs;
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
