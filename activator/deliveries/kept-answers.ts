import type { Clock } from '#platform/time/clock.ts';
import type { Delivery } from './delivery.ts';

export interface KeptBounds {
  count: number;
  bytes: number;
  /** How long each is kept, in milliseconds. */
  ms: number;
}

interface Kept {
  readonly delivery: Delivery;
  readonly addedAtMs: number;
  readonly bytes: number;
}

/** What an answer costs beside its body, its fields included. */
const ANSWER_BYTES = 2_048;

/** Deliveries that have ended, by their ids, bounded in number, bytes and time: the oldest are dropped first. */
export class KeptAnswers implements Disposable {
  readonly #clock: Clock;
  readonly #bounds: KeptBounds;
  readonly #dropped: (delivery: Delivery) => void;
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;
  #cancelTimer: (() => void) | undefined;

  /** @param dropped called with each that is not kept any more. */
  constructor(clock: Clock, bounds: KeptBounds, dropped: (delivery: Delivery) => void) {
    this.#clock = clock;
    this.#bounds = bounds;
    this.#dropped = dropped;
  }

  get size(): number {
    return this.#kept.size;
  }

  find(id: string): Delivery | undefined {
    return this.#kept.get(id)?.delivery;
  }

  /** The oldest first. */
  all(): Delivery[] {
    return [...this.#kept.values()].map(({ delivery }) => delivery);
  }

  add(delivery: Delivery): void {
    const bytes = (delivery.result?.body.buffer.byteLength ?? 0) + ANSWER_BYTES;
    this.drop(delivery.head.id);
    this.#kept.set(delivery.head.id, { delivery, bytes, addedAtMs: this.#clock.nowMs() });
    this.#bytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#bounds.count && this.#bytes <= this.#bounds.bytes) break;
      this.drop(oldest);
    }
    this.#arm();
  }

  /** No effect where it is not kept. */
  drop(id: string): void {
    const kept = this.#kept.get(id);
    if (kept === undefined) return;
    this.#kept.delete(id);
    this.#bytes -= kept.bytes;
    this.#dropped(kept.delivery);
  }

  [Symbol.dispose](): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    for (const id of [...this.#kept.keys()]) this.drop(id);
  }

  /** One timer, for the oldest: all are kept equally long. */
  #arm(): void {
    const [oldest] = this.#kept.values();
    if (this.#cancelTimer !== undefined || oldest === undefined) return;
    const dueInMs = Math.max(0, oldest.addedAtMs + this.#bounds.ms - this.#clock.nowMs());
    this.#cancelTimer = this.#clock.after(dueInMs, () => {
      this.#cancelTimer = undefined;
      for (const [id, { addedAtMs }] of this.#kept) {
        if (this.#clock.nowMs() - addedAtMs < this.#bounds.ms) break;
        this.drop(id);
      }
      this.#arm();
    });
  }
}
