import type { Log } from '#platform/process/log.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { Payload, Store } from '../store/store.ts';
import { PayloadQueue, type Unread } from './payload-queue.ts';

/** Of payloads that are in memory until they are sent. */
const BUDGET_BYTES = 64 * 1_048_576;
const AGAIN_MS = 200;

interface ReaderParts<T> {
  store: Pick<Store, 'payloads'>;
  clock: Clock;
  log: Log;
  /** Called with each that was read; without a payload it was cancelled meanwhile. `release` says that it is in memory no longer. */
  onRead: (entry: T, payload: Payload | undefined, release: () => void) => void;
}

/** Reads the payloads of what waits for that, one batch after the other, as far as there is memory for them. */
export class PayloadReader<T extends Unread> {
  readonly #parts: ReaderParts<T>;
  readonly #queue: PayloadQueue<T>;
  #isReading = false;

  /** @param budgetBytes of what is in memory until it is released */
  constructor(parts: ReaderParts<T>, budgetBytes = BUDGET_BYTES) {
    this.#parts = parts;
    this.#queue = new PayloadQueue<T>(budgetBytes);
  }

  /** To be read by the next `read`. */
  add(entry: T): void {
    this.#queue.add(entry);
  }

  read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    const { clock, log } = this.#parts;
    this.#readAll().then(
      () => {
        this.#isReading = false;
      },
      (error: unknown) => {
        log.warn({ err: error, retryInMs: AGAIN_MS }, 'payloads cannot be read now');
        clock.after(AGAIN_MS, () => {
          this.#isReading = false;
          this.read();
        });
      },
    );
  }

  /** Takes all out that wait. */
  clear(): T[] {
    return this.#queue.clear();
  }

  async #readAll(): Promise<void> {
    for (let batch = this.#queue.take(); batch.length > 0; batch = this.#queue.take()) {
      const payloads = await this.#payloads(batch);
      for (const [index, entry] of batch.entries()) {
        this.#parts.onRead(entry, payloads[index], () => {
          this.#queue.release(entry);
          this.read();
        });
      }
    }
  }

  async #payloads(batch: readonly T[]): Promise<(Payload | undefined)[]> {
    try {
      return await this.#parts.store.payloads(batch.map(({ id }) => id));
    } catch (error) {
      for (const entry of batch) {
        this.#queue.release(entry);
        this.#queue.add(entry);
      }
      throw error;
    }
  }
}
