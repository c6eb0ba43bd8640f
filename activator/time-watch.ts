import type { Clock } from '#platform/clock.ts';
import { Deadline, type Deadlines } from './deadlines.ts';
import type { Failure } from './failure.ts';
import type { Timeouts } from './function-view.ts';
import { type Course, nextLookAtMs, passedLimit } from './time-limits.ts';

/** Keeps an eye on the time limits of one request. */
export class TimeWatch {
  readonly #course: Course;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #onPassed: (failure: Failure) => void;
  readonly #deadline = new Deadline(() => this.#look());
  #timeouts: Timeouts | undefined;

  /** @param onPassed called once for each `start` at most. */
  constructor(
    course: Course,
    { clock, deadlines }: { clock: Clock; deadlines: Deadlines },
    onPassed: (failure: Failure) => void,
  ) {
    this.#course = course;
    this.#clock = clock;
    this.#deadlines = deadlines;
    this.#onPassed = onPassed;
  }

  /** A replica has just got it. */
  start(timeouts: Timeouts): void {
    this.#timeouts = timeouts;
    this.#watch(timeouts, this.#course.admittedAtMs);
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
    const timeouts = this.#timeouts;
    if (timeouts === undefined) return;
    const nowMs = this.#clock.nowMs();
    const failure = passedLimit(timeouts, this.#course, nowMs);
    if (failure === undefined) this.#watch(timeouts, nowMs);
    else this.#onPassed(failure);
  }
}
