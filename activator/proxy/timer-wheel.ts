import type { Clock } from '#platform/time/clock.ts';
import { attempt } from '../errors/guarded-entries.ts';

/** Resolution: a timer is late by this much at most, and never early. */
const TICK_MS = 50;
/** A power of two. A timer beyond one round of the wheel stays in its slot, and is looked at once a round. */
const SLOTS = 256;

/** One timer of a wheel; may be set any number of times. */
export class WheelTimer {
  readonly onDue: () => void;
  /** Due time, slot and neighbours in the slot's list; written by the wheel alone. */
  atMs = 0;
  slot = -1;
  next: WheelTimer | undefined;
  previous: WheelTimer | undefined;

  constructor(onDue: () => void) {
    this.onDue = onDue;
  }
}

/**
 * Timer wheel: setting and cancelling cost O(1), and one timer of the process serves all. Nearly all timers of requests
 * are cancelled before they are due. They fire up to 50 ms late, never early. While none is set, no timer runs.
 */
export class TimerWheel {
  readonly #clock: Clock;
  readonly #slots: (WheelTimer | undefined)[] = new Array(SLOTS).fill(undefined);
  #size = 0;
  /** Up to this tick, timers that were due have fired. */
  #tick = 0;
  #ticking = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Replaces the time that it was set to before, if it was. */
  set(timer: WheelTimer, atMs: number): void {
    this.cancel(timer);
    if (!this.#ticking) this.#start();
    const slot = Math.max(this.#tick + 1, Math.ceil(atMs / TICK_MS)) & (SLOTS - 1);
    const first = this.#slots[slot];
    timer.atMs = atMs;
    timer.slot = slot;
    timer.next = first;
    if (first !== undefined) first.previous = timer;
    this.#slots[slot] = timer;
    this.#size += 1;
  }

  cancel(timer: WheelTimer): void {
    if (timer.slot === -1) return;
    const { next, previous } = timer;
    if (previous === undefined) this.#slots[timer.slot] = next;
    else previous.next = next;
    if (next !== undefined) next.previous = previous;
    timer.slot = -1;
    timer.next = undefined;
    timer.previous = undefined;
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
      this.cancel(one);
      attempt('timer', one.onDue);
    }
    this.#ticking = this.#size > 0;
    if (this.#ticking) this.#clock.after(TICK_MS, () => this.#turn());
  }
}
