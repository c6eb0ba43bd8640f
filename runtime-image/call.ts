import { AsyncLocalStorage } from './builtin.ts';
import { nowMs } from './clock.ts';

/** Why a call ended before its answer was over. */
export type Stop =
  | { why: 'timeout' }
  /** The client closed the connection. */
  | { why: 'gone' }
  /** The replica's grace period is over. */
  | { why: 'leaving' }
  /** Code that the handler started threw where nobody could catch it. */
  | { why: 'crashed'; error: unknown };

/** The call in whose course code runs; undefined outside of any. */
export const currentCall = new AsyncLocalStorage<Call>();

/** One request in the handler's hands: its id, its time limit, its signal. Over with `dispose`. */
export class Call implements Disposable {
  readonly requestId: string;
  readonly startedMs = nowMs();
  /** Resolves when the call is stopped; never where it is not. */
  readonly stopped: Promise<Stop>;
  readonly #resolveStopped: (stop: Stop) => void;
  readonly #timer: NodeJS.Timeout | undefined;
  #stop: Stop | undefined;
  #abort: AbortController | undefined;

  /** @param timeoutMs 0: no limit. */
  constructor(requestId: string, timeoutMs: number) {
    const { promise, resolve } = Promise.withResolvers<Stop>();
    this.requestId = requestId;
    this.stopped = promise;
    this.#resolveStopped = resolve;
    this.#timer = timeoutMs > 0 ? setTimeout(() => this.stop({ why: 'timeout' }), timeoutMs) : undefined;
  }

  get isStopped(): boolean {
    return this.#stop !== undefined;
  }

  /** Made when it is first looked at: most handlers never do. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#stop !== undefined) this.#abort.abort(abortReason(this.#stop));
    }
    return this.#abort.signal;
  }

  /** Stops the call; the first reason counts. */
  stop(stop: Stop): void {
    if (this.#stop !== undefined) return;
    this.#stop = stop;
    this[Symbol.dispose]();
    this.#resolveStopped(stop);
    const abort = this.#abort;
    // In the call's own course, so that what listens to the signal logs with its id.
    if (abort !== undefined) currentCall.run(this, () => abort.abort(abortReason(stop)));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

function abortReason(stop: Stop): unknown {
  if (stop.why === 'timeout') return new DOMException('the time for this request is up', 'TimeoutError');
  if (stop.why === 'gone') return new DOMException('the client went away', 'AbortError');
  if (stop.why === 'leaving') return new DOMException('the replica has to leave', 'AbortError');
  return stop.error;
}
