import type { Log } from '#platform/process/log.ts';
import type { Clock } from '#platform/time/clock.ts';
import { TokenBucket } from '#platform/time/token-bucket.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import { type AccessLogEntry, traceIdOf } from './access-log.ts';

/** Lines of one function: so many at once, and then so many a second. */
const RATE = { burst: 20, perSecond: 1 };
const PATH_MAX_LENGTH = 256;

/** Of one function that refuses requests now. */
interface RecentRefusals {
  readonly bucket: TokenBucket;
  /** Refusals without a line since the last one. */
  unlogged: number;
  cancel: () => void;
}

/** What the audit says of a request besides what any log says of it. */
interface Refusal {
  /** The policy that refused it. */
  readonly by: string | undefined;
  /** Who asks, where that is known. */
  readonly caller: { readonly way: string; readonly name: string } | undefined;
}

/**
 * A line for each request that policies refused, as many as a token bucket of its function lets through; the next line, or
 * the last, has the number of the others. So one that is tried a thousand times a second neither fills the log nor keeps
 * others out of it. Nothing of a request is in it that may be a secret: no header, no query.
 */
export class AuditLog implements Disposable {
  readonly #log: Log;
  readonly #clock: Clock;
  /** By function. One is forgotten when its bucket is full again. */
  readonly #recent = new Map<string | null, RecentRefusals>();

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  refused({ code, message }: GatewayError, entry: AccessLogEntry, judgement: Refusal | undefined): void {
    const { functionKey, requestId, traceparent, method, target, clientAddress } = entry;
    const refusals = this.#recent.get(functionKey) ?? this.#begin(functionKey);
    if (!refusals.bucket.take(1, this.#clock.nowMs())) {
      refusals.unlogged += 1;
      return;
    }
    const { by: policy, caller } = judgement ?? {};
    const who = caller && { way: caller.way, name: caller.name };
    const fields = { function: functionKey, policy, code, why: message, caller: who, client: clientAddress, method };
    const path = target.split('?', 1)[0]?.slice(0, PATH_MAX_LENGTH);
    const unlogged = refusals.unlogged > 0 ? refusals.unlogged : undefined;
    refusals.unlogged = 0;
    this.#log.warn({ ...fields, path, requestId, traceId: traceIdOf(traceparent), unlogged }, 'request refused');
  }

  /** Logs the counts that no line has had yet. */
  [Symbol.dispose](): void {
    for (const [key, refusals] of this.#recent) {
      refusals.cancel();
      this.#tellRest(key, refusals);
    }
    this.#recent.clear();
  }

  #begin(key: string | null): RecentRefusals {
    const refusals = { bucket: new TokenBucket(RATE, this.#clock.nowMs()), unlogged: 0, cancel: this.#look(key) };
    this.#recent.set(key, refusals);
    return refusals;
  }

  /** By then it is full, if nothing was refused meanwhile. */
  #look(key: string | null): () => void {
    return this.#clock.after((RATE.burst / RATE.perSecond) * 1000, () => {
      const refusals = this.#recent.get(key);
      if (refusals === undefined) return;
      this.#tellRest(key, refusals);
      if (refusals.bucket.isFull(this.#clock.nowMs())) this.#recent.delete(key);
      else refusals.cancel = this.#look(key);
    });
  }

  #tellRest(key: string | null, refusals: RecentRefusals): void {
    if (refusals.unlogged === 0) return;
    this.#log.warn({ function: key, unlogged: refusals.unlogged }, 'more requests refused');
    refusals.unlogged = 0;
  }
}
