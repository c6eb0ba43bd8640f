import type { Clock } from '#platform/time/clock.ts';
import { attempt } from '../errors/guarded-entries.ts';

/** Nothing is late by more than this, and nothing early. */
const TICK_MS = 50;
/** A power of two. A deadline further away than all slots together is looked at once in each round. */
const SLOTS = 256;

/** Something to be told of a time. Made once, watched any number of times. */
export class WheelTimer {
  readonly onDue: () => void;
  /** The rest is written by `Deadlines` alone. */
  atMs = 0;
  slot = -1;
  next: WheelTimer | undefined;
  previous: WheelTimer | undefined;

  constructor(onDue: () => void) {
    this.onDue = onDue;
  }
}

/**
 * Many deadlines for the price of one timer: nearly all of them are forgotten before they are due, so that setting and
 * forgetting is what must be cheap. They are told up to 50 ms late, never early. Without deadlines no timer runs.
 */
export class TimerWheel {
  readonly #clock: Clock;
  readonly #slots: (WheelTimer | undefined)[] = new Array(SLOTS).fill(undefined);
  #size = 0;
  /** The last tick that was dealt with. */
  #tick = 0;
  #ticking = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Instead of the time that it was watched for before, if it was. */
  watch(deadline: WheelTimer, atMs: number): void {
    this.forget(deadline);
    if (!this.#ticking) this.#start();
    const slot = Math.max(this.#tick + 1, Math.ceil(atMs / TICK_MS)) & (SLOTS - 1);
    const first = this.#slots[slot];
    deadline.atMs = atMs;
    deadline.slot = slot;
    deadline.next = first;
    if (first !== undefined) first.previous = deadline;
    this.#slots[slot] = deadline;
    this.#size += 1;
  }

  forget(deadline: WheelTimer): void {
    if (deadline.slot === -1) return;
    const { next, previous } = deadline;
    if (previous === undefined) this.#slots[deadline.slot] = next;
    else previous.next = next;
    if (next !== undefined) next.previous = previous;
    deadline.slot = -1;
    deadline.next = undefined;
    deadline.previous = undefined;
    this.#size -= 1;
  }

  #start(): void {
    this.#ticking = true;
    this.#tick = Math.floor(this.#clock.nowMs() / TICK_MS);
    this.#clock.after(TICK_MS, () => this.#turn());
  }

  #turn(): void {
    const nowMs = this.#clock.nowMs();
    const to = Math.floor(nowMs / TICK_MS);
    const due: WheelTimer[] = [];
    for (let tick = Math.max(this.#tick + 1, to - SLOTS + 1); tick <= to; tick += 1) {
      for (let one = this.#slots[tick & (SLOTS - 1)]; one !== undefined; one = one.next) {
        if (one.atMs <= nowMs) due.push(one);
      }
    }
    this.#tick = to;
    for (const one of due) {
      // Another one's `onDue` may have changed it.
      if (one.slot === -1 || one.atMs > nowMs) continue;
      this.forget(one);
      attempt('timer', one.onDue);
    }
    this.#ticking = this.#size > 0;
    if (this.#ticking) this.#clock.after(TICK_MS, () => this.#turn());
  }
}
