import type { Clock } from '#platform/time/clock.ts';
import { LinkedQueue, type QueueEntry } from './linked-queue.ts';

/** Requests that wait in order of their arrival, none longer than all may. */
export class TimedQueue<T extends { readonly enteredAtMs: number }> implements Disposable {
  readonly #clock: Clock;
  readonly #onDue: (place: QueueEntry<T>) => void;
  readonly #queue = new LinkedQueue<T>();
  #timeoutMs: number;
  #cancelTimer: (() => void) | undefined;

  /** @param onDue called for each that has waited `timeoutMs`; it has to remove it. */
  constructor(clock: Clock, timeoutMs: number, onDue: (place: QueueEntry<T>) => void) {
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
    const place = this.#queue.append(value, weight);
    this.#arm();
    return place;
  }

  /** One that came before those that wait now comes back. */
  putBack(value: T, weight: number): QueueEntry<T> {
    const place = this.#queue.putBack(value, weight, (other) => other.enteredAtMs > value.enteredAtMs);
    this.#rearm();
    return place;
  }

  /** Those that wait in `other` wait here from now on, all in order of their arrival, each in the place that it has. */
  takeAll(other: TimedQueue<T>): void {
    for (let place = other.#queue.first; place !== undefined; place = other.#queue.first) {
      const { enteredAtMs } = place.value;
      this.#queue.take(place, (one) => one.enteredAtMs > enteredAtMs);
    }
    other[Symbol.dispose]();
    this.#rearm();
  }

  /** False when it is not in this line, or not any more. */
  remove(place: QueueEntry<T>): boolean {
    return this.#queue.remove(place);
  }

  /** Holds for those that wait already, too. */
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

  /** One timer, for the first in the queue: all may wait equally long, so nobody behind it is due before. */
  #arm(): void {
    const { first } = this.#queue;
    if (this.#cancelTimer !== undefined || first === undefined) return;
    const dueInMs = first.value.enteredAtMs + this.#timeoutMs - this.#clock.nowMs();
    this.#cancelTimer = this.#clock.after(Math.max(0, dueInMs), () => {
      this.#cancelTimer = undefined;
      const nowMs = this.#clock.nowMs();
      for (let place = this.#queue.first; place !== undefined; place = this.#queue.first) {
        if (nowMs - place.value.enteredAtMs < this.#timeoutMs) break;
        this.#onDue(place);
      }
      this.#arm();
    });
  }
}
