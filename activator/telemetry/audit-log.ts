import type { Log } from '#platform/process/log.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import { type AccessLogEntry, traceIdOf } from './access-log.ts';

/** Lines of one function: so many at once, and then so many a second. */
const BURST = 20;
const PER_SECOND = 1;
const PATH_MAX_LENGTH = 256;

/** Of one function that refuses requests now. */
interface Bucket {
  tokens: number;
  atMs: number;
  /** Refusals without a line since the last one. */
  unlogged: number;
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
  readonly #buckets = new Map<string | null, Bucket & { cancel: () => void }>();

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  refused({ code, message }: GatewayError, entry: AccessLogEntry, judgement: Refusal | undefined): void {
    const { functionKey, requestId, traceparent, method, target, clientAddress } = entry;
    const bucket = this.#buckets.get(functionKey) ?? this.#begin(functionKey);
    const nowMs = this.#clock.nowMs();
    bucket.tokens = Math.min(BURST, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * PER_SECOND);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1) {
      bucket.unlogged += 1;
      return;
    }
    bucket.tokens -= 1;
    const { by: policy, caller } = judgement ?? {};
    const who = caller && { way: caller.way, name: caller.name };
    const fields = { function: functionKey, policy, code, why: message, caller: who, client: clientAddress, method };
    const path = target.split('?', 1)[0]?.slice(0, PATH_MAX_LENGTH);
    const unlogged = bucket.unlogged > 0 ? bucket.unlogged : undefined;
    bucket.unlogged = 0;
    this.#log.warn({ ...fields, path, requestId, traceId: traceIdOf(traceparent), unlogged }, 'request refused');
  }

  /** Logs the counts that no line has had yet. */
  [Symbol.dispose](): void {
    for (const [key, bucket] of this.#buckets) {
      bucket.cancel();
      this.#tellRest(key, bucket);
    }
    this.#buckets.clear();
  }

  #begin(key: string | null): Bucket {
    const bucket = { tokens: BURST, atMs: this.#clock.nowMs(), unlogged: 0, cancel: this.#look(key) };
    this.#buckets.set(key, bucket);
    return bucket;
  }

  /** By then it is full, if nothing was refused meanwhile. */
  #look(key: string | null): () => void {
    return this.#clock.after((BURST / PER_SECOND) * 1000, () => {
      const bucket = this.#buckets.get(key);
      if (bucket === undefined) return;
      this.#tellRest(key, bucket);
      const filled = bucket.tokens + ((this.#clock.nowMs() - bucket.atMs) / 1000) * PER_SECOND;
      if (filled >= BURST) this.#buckets.delete(key);
      else bucket.cancel = this.#look(key);
    });
  }

  #tellRest(key: string | null, bucket: Bucket): void {
    if (bucket.unlogged === 0) return;
    this.#log.warn({ function: key, unlogged: bucket.unlogged }, 'more requests refused');
    bucket.unlogged = 0;
  }
}
