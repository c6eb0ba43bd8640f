import type { Clock } from '#platform/time/clock.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import { type Entry, enter } from '../errors/guarded-entries.ts';
import type { Timeouts } from '../routing/function-config.ts';
import { type Course, nextLookAtMs, passedLimit } from './time-limits.ts';
import { type TimerWheel, WheelTimer } from './timer-wheel.ts';

/** Who is told. */
export interface RequestTimerWatcher {
  /** A limit has passed; called once for each `start` at most. */
  tookTooLong(failure: GatewayError): void;
  /** Looking at the time threw. */
  crash(entry: Entry, error: unknown): void;
}

/** Keeps an eye on the time limits of one request. */
export class RequestTimer {
  readonly #course: Course;
  readonly #clock: Clock;
  readonly #deadlines: TimerWheel;
  readonly #watcher: RequestTimerWatcher;
  readonly #deadline = new WheelTimer(() => this.#look());
  #timeouts: Timeouts | undefined;

  constructor(
    course: Course,
    { clock, deadlines }: { clock: Clock; deadlines: TimerWheel },
    watcher: RequestTimerWatcher,
  ) {
    this.#course = course;
    this.#clock = clock;
    this.#deadlines = deadlines;
    this.#watcher = watcher;
  }

  /** A replica has just got it. @param timeouts undefined: no limit holds */
  start(timeouts: Timeouts | undefined): void {
    this.#timeouts = timeouts;
    if (timeouts !== undefined) this.#watch(timeouts, this.#course.admittedAtMs);
  }

  /** The answer was a change of the protocol: how long that lasts is for its two sides to say, but for the silence in it. */
  opened(): void {
    if (this.#timeouts !== undefined) this.start({ totalMs: 0, firstByteMs: 0, idleMs: this.#timeouts.idleMs });
  }

  stop(): void {
    this.#deadlines.forget(this.#deadline);
  }

  #watch(timeouts: Timeouts, nowMs: number): void {
    const atMs = nextLookAtMs(timeouts, this.#course, nowMs);
    if (atMs === Number.POSITIVE_INFINITY) this.stop();
    else this.#deadlines.watch(this.#deadline, atMs);
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
