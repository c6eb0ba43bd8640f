import type { Clock } from '#platform/time/clock.ts';
import { LinkedQueue, type QueueEntry } from './linked-queue.ts';

/** Requests in order of their arrival, with one timeout for all. */
export class TimedQueue<T extends { readonly enteredAtMs: number }> implements Disposable {
  readonly #clock: Clock;
  readonly #onDue: (entry: QueueEntry<T>) => void;
  readonly #queue = new LinkedQueue<T>();
  #timeoutMs: number;
  #cancelTimer: (() => void) | undefined;

  /** @param onDue called for each entry that has waited `timeoutMs`; it has to remove the entry. */
  constructor(clock: Clock, timeoutMs: number, onDue: (entry: QueueEntry<T>) => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#queue.size;
  }
  get weight(): number {
    return this.#queue.weight;
  }
  get first(): QueueEntry<T> | undefined {
    return this.#queue.first;
  }

  append(value: T, weight: number): QueueEntry<T> {
    const entry = this.#queue.append(value, weight);
    this.#arm();
    return entry;
  }

  /** A request that waited before comes back; it is inserted by its time of arrival. */
  putBack(value: T, weight: number): QueueEntry<T> {
    const entry = this.#queue.putBack(value, weight, (other) => other.enteredAtMs > value.enteredAtMs);
    this.#rearm();
    return entry;
  }

  /** Moves all entries of `other` here, merged by arrival; they stay valid. */
  takeAll(other: TimedQueue<T>): void {
    for (let entry = other.#queue.first; entry !== undefined; entry = other.#queue.first) {
      const { enteredAtMs } = entry.value;
      this.#queue.take(entry, (one) => one.enteredAtMs > enteredAtMs);
    }
    other[Symbol.dispose]();
    this.#rearm();
  }

  /** False when it is not in this queue, or not any more. */
  remove(entry: QueueEntry<T>): boolean {
    return this.#queue.remove(entry);
  }

  /** Applies to those that wait already, too. */
  setTimeoutMs(timeoutMs: number): void {
    if (timeoutMs === this.#timeoutMs) return;
    this.#timeoutMs = timeoutMs;
    this.#rearm();
  }

  [Symbol.dispose](): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #rearm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#arm();
  }

  /** One timer, for the first entry: all may wait equally long, so the first is due first. */
  #arm(): void {
    const { first } = this.#queue;
    if (this.#cancelTimer !== undefined || first === undefined) return;
    const dueInMs = first.value.enteredAtMs + this.#timeoutMs - this.#clock.nowMs();
    this.#cancelTimer = this.#clock.after(Math.max(0, dueInMs), () => {
      this.#cancelTimer = undefined;
      const nowMs = this.#clock.nowMs();
      for (let entry = this.#queue.first; entry !== undefined; entry = this.#queue.first) {
        if (nowMs - entry.value.enteredAtMs < this.#timeoutMs) break;
        this.#onDue(entry);
      }
      this.#arm();
    });
  }
}
