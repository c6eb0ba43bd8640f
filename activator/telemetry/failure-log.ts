import type { ErrorCode } from '#api/errors.ts';
import type { Log } from '#platform/process/log.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { GatewayError } from '../errors/gateway-error.ts';

/** Of one function and code, so many are logged one by one; the rest of the period is one line at its end. */
const ONE_BY_ONE = 5;
const PERIOD_MS = 10_000;

/** Failures of one kind in the present period. */
interface Period {
  functionKey: string | null;
  code: ErrorCode;
  count: number;
  cancel: () => void;
}

/** Says what failed, without letting a function that fails all the time fill the log. */
export class FailureLog implements Disposable {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #periods = new Map<string, Period>();

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** @param traceId of the trace that the request belongs to, where it is known. */
  failed(
    { code, message, reason }: GatewayError,
    functionKey: string | null,
    requestId: string,
    traceId?: string,
  ): void {
    const kind = `${functionKey} ${code}`;
    const period = this.#periods.get(kind) ?? this.#begin(kind, functionKey, code);
    period.count += 1;
    if (period.count > ONE_BY_ONE) return;
    this.#log.warn({ function: functionKey, requestId, traceId, code, reason, why: message }, 'request failed');
  }

  /** Logs the counts of the periods that have not ended. */
  [Symbol.dispose](): void {
    for (const kind of [...this.#periods.keys()]) this.#end(kind);
  }

  #begin(kind: string, functionKey: string | null, code: ErrorCode): Period {
    const cancel = this.#clock.after(PERIOD_MS, () => this.#end(kind));
    const period = { functionKey, code, count: 0, cancel };
    this.#periods.set(kind, period);
    return period;
  }

  #end(kind: string): void {
    const period = this.#periods.get(kind);
    if (period === undefined) return;
    this.#periods.delete(kind);
    period.cancel();
    const { count, functionKey, code } = period;
    const more = count - ONE_BY_ONE;
    if (more <= 0) return;
    this.#log.warn({ function: functionKey, code, more, withinMs: PERIOD_MS }, 'more requests failed');
  }
}
