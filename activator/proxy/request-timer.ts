import type { Clock } from '#platform/time/clock.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import { type Entry, enter } from '../errors/guarded-entries.ts';
import type { Timeouts } from '../routing/function-config.ts';
import { type Course, nextLookAtMs, passedLimit } from './time-limits.ts';
import { type TimerWheel, WheelTimer } from './timer-wheel.ts';

/** Ends a request that takes too long. */
export interface RequestTimerWatcher {
  /** A limit has passed; called once for each `start` at most. */
  tookTooLong(failure: GatewayError): void;
  /** Looking at the time threw. */
  crash(entry: Entry, error: unknown): void;
}

/** The time limits of one request, as one timer of the wheel that is set to whichever limit comes next. */
export class RequestTimer {
  readonly #course: Course;
  readonly #clock: Clock;
  readonly #wheel: TimerWheel;
  readonly #watcher: RequestTimerWatcher;
  readonly #timer = new WheelTimer(() => this.#look());
  #timeouts: Timeouts | undefined;

  constructor(course: Course, { clock, timers }: { clock: Clock; timers: TimerWheel }, watcher: RequestTimerWatcher) {
    this.#course = course;
    this.#clock = clock;
    this.#wheel = timers;
    this.#watcher = watcher;
  }

  /** The request was sent to a replica. @param timeouts undefined: no limit holds */
  start(timeouts: Timeouts | undefined): void {
    this.#timeouts = timeouts;
    if (timeouts !== undefined) this.#watch(timeouts, this.#course.admittedAtMs);
  }

  /** The protocol was switched: from here on only the idle timeout holds. */
  opened(): void {
    if (this.#timeouts !== undefined) this.start({ totalMs: 0, firstByteMs: 0, idleMs: this.#timeouts.idleMs });
  }

  stop(): void {
    this.#wheel.cancel(this.#timer);
  }

  #watch(timeouts: Timeouts, nowMs: number): void {
    const atMs = nextLookAtMs(timeouts, this.#course, nowMs);
    if (atMs === Number.POSITIVE_INFINITY) this.stop();
    else this.#wheel.set(this.#timer, atMs);
  }

  #look(): void {
    try {
      enter('request time limit');
      this.#lookNow();
    } catch (error) {
      this.#watcher.crash('request time limit', error);
    }
  }

  #lookNow(): void {
    const timeouts = this.#timeouts;
    if (timeouts === undefined) return;
    const nowMs = this.#clock.nowMs();
    const failure = passedLimit(timeouts, this.#course, nowMs);
    if (failure === undefined) this.#watch(timeouts, nowMs);
    else this.#watcher.tookTooLong(failure);
  }
}
