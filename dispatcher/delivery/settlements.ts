import type { Log } from '#platform/process/log.ts';
import type { Clock } from '#platform/time/clock.ts';
import { settlementBytes } from '../store/check-input.ts';
import type { Lease, Settled, Settlement, Store } from '../store/store.ts';

export interface SettlementParts {
  store: Pick<Store, 'settle'>;
  clock: Clock;
  log: Log;
}

interface Pending {
  settlement: Settlement;
  lease: Pick<Lease, 'epoch'>;
  bytes: number;
  resolve: (settled: Settled) => void;
}

/** Of one batch; one alone may be larger. */
const MOST = 500;
const MOST_BYTES = 8 * 1_048_576;
const LOST: Settled = { holds: false, dropped: 0 };
/** Of results and events that wait for the store. Beyond it entries end without what the function answered. */
const MOST_RESULT_BYTES = 32 * 1_048_576;
const RETRY_MS: readonly number[] = [50, 200, 1_000, 5_000];

/**
 * What becomes of entries, written in batches: what comes within one turn, or while the batch before is written, is one. What the
 * store cannot take now is asked of it again for as long as it takes.
 */
export class Settlements {
  readonly #parts: SettlementParts;
  #waiting: Pending[] = [];
  #bytes = 0;
  #isWriting = false;
  #failures = 0;
  #isClosed = false;
  #idle: (() => void)[] = [];

  constructor(parts: SettlementParts) {
    this.#parts = parts;
  }

  /** Of what is not written yet: no more are kept in memory for now. */
  get isFull(): boolean {
    return this.#bytes >= MOST_RESULT_BYTES;
  }

  /** The store does not take them now. */
  get isStuck(): boolean {
    return this.#failures > 0;
  }

  /**
   * Resolves once it is durable; it does not hold where the lease was lost, or all is over here.
   * @param lease says the epoch when it is written, as the entry may be leased anew here while it waits
   */
  settle(settlement: Settlement, lease: Pick<Lease, 'epoch'> = settlement): Promise<Settled> {
    if (this.#isClosed) return Promise.resolve(LOST);
    return new Promise((resolve) => {
      const bytes = settlementBytes(settlement);
      this.#waiting.push({ settlement, lease, bytes, resolve });
      this.#bytes += bytes;
      if (this.#waiting.length === 1 && !this.#isWriting) setImmediate(() => this.#begin());
    });
  }

  /** Resolves once nothing waits to be written, or `signal` aborts: then nothing is written any more. */
  async close(signal: AbortSignal): Promise<void> {
    if (!signal.aborted && (this.#waiting.length > 0 || this.#isWriting)) {
      await new Promise<void>((resolve) => {
        this.#idle.push(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    this.#isClosed = true;
    for (const { resolve } of this.#waiting.splice(0)) resolve(LOST);
  }

  #begin(): void {
    if (this.#isWriting) return;
    this.#isWriting = true;
    this.#write().catch((error: unknown) => this.#parts.log.error({ err: error }, 'settling failed'));
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#isClosed) {
      const batch = this.#next();
      try {
        this.#settled(batch, await this.#parts.store.settle(batch.map(asOfNow)));
        this.#failures = 0;
      } catch (error) {
        await this.#failed(batch, error);
      }
    }
    this.#isWriting = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #next(): Pending[] {
    let bytes = 0;
    const end = this.#waiting.findIndex((pending, index) => {
      bytes += pending.bytes;
      return index > 0 && (index >= MOST || bytes > MOST_BYTES);
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  #settled(batch: readonly Pending[], settled: readonly Settled[]): void {
    for (const [index, { bytes, resolve }] of batch.entries()) {
      this.#bytes -= bytes;
      resolve(settled[index] ?? LOST);
    }
  }

  /** A RangeError is about one of them: each is tried alone then, and given up where it is the one. */
  async #failed(batch: readonly Pending[], error: unknown): Promise<void> {
    const { clock, log } = this.#parts;
    if (error instanceof RangeError && batch.length === 1) {
      log.error({ err: error, id: batch[0]?.settlement.id }, 'an entry cannot be settled as it is');
      return this.#settled(batch, [LOST]);
    }
    if (error instanceof RangeError) {
      for (const one of batch) await this.#alone(one);
      return;
    }
    const delayMs = RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)] as number;
    this.#failures += 1;
    log.warn({ err: error, entries: batch.length, retryInMs: delayMs }, 'entries cannot be settled now');
    this.#waiting.unshift(...batch);
    await new Promise<void>((resolve) => void clock.after(delayMs, resolve));
  }

  async #alone(one: Pending): Promise<void> {
    try {
      this.#settled([one], await this.#parts.store.settle([asOfNow(one)]));
    } catch (error) {
      await this.#failed([one], error);
    }
  }
}

function asOfNow({ settlement, lease: { epoch } }: Pending): Settlement {
  return { ...settlement, epoch };
}
