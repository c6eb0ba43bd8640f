import type { Clock } from '#platform/time/clock.ts';

/**
 * Several activators share a replica without knowing of each other's requests. A replica that rejected a request counts as
 * full for a while, and others are preferred. When no other has room, a request may wait in the replica's own queue, which
 * serves all activators in order of arrival: each gets its share, and no capacity stays unused.
 */

/** How long a replica counts as full after it rejected a request, on average. */
const CROWDED_MS = 250;
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1_000;
/** After a wait in a replica's queue that ended in a rejection. */
const PAUSE_MS = 5;

/** Longest that requests wait for replicas that start, counted from the first answer of the newest, in milliseconds. */
const MORE_MS = 1_000;

/**
 * Until when requests had better wait for replicas that start than at one that is full, where they would stay while
 * the new ones stand empty; 0: none is to be waited for. A start that does not come to its end bars nothing for long.
 * @param answering replicas, each with the time of its first answer.
 * @param coming replicas on their way.
 * @param requestMs that a request takes; undefined: not known. By then places are free at full ones too.
 */
export function waitForMoreUntilMs(
  answering: readonly { answeredAtMs: number | undefined }[],
  coming: number,
  requestMs = MORE_MS,
): number {
  if (coming <= 0) return 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const { answeredAtMs } of answering) lastMs = Math.max(lastMs, answeredAtMs ?? lastMs);
  return Number.isFinite(lastMs) ? lastMs + Math.min(requestMs, MORE_MS) : 0;
}

/** Exponential backoff: how long to wait in the queue of a replica that rejected the last `inVain` that waited there. */
export function waitThereMs(inVain: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** Math.min(inVain, 10), LONGEST_WAIT_MS);
}

/** When a function's requests may wait in a replica's queue. With jitter, so that activators do not all come back at once. */
export class Contention implements Disposable {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #onAgain: () => void;
  #pausedUntilMs = 0;
  #cancelTimer: (() => void) | undefined;
  /** When that timer is due. */
  #dueAtMs = 0;

  /** @param onAgain called at the end of a pause that `awaitEnd` was called for. */
  constructor(clock: Clock, random: () => number, onAgain: () => void) {
    this.#clock = clock;
    this.#random = random;
    this.#onAgain = onAgain;
  }

  isPaused(nowMs: number): boolean {
    return nowMs < this.#pausedUntilMs;
  }

  /** Until when a replica that was full just now counts as full. */
  crowdedUntilMs(nowMs: number): number {
    return nowMs + CROWDED_MS * (0.5 + this.#random());
  }

  /**
   * A request that was to wait in a replica's queue was rejected. @param hasWaited it did: then the wait itself has bounded
   * such attempts, and several that end together need one pause. Else each adds one: two hundred attempts a second per
   * function.
   */
  pause(nowMs: number, hasWaited: boolean): void {
    const pauseMs = PAUSE_MS * (0.5 + this.#random());
    const untilMs = hasWaited ? nowMs : Math.max(nowMs, this.#pausedUntilMs);
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, untilMs + pauseMs);
  }

  /** Calls `onAgain` at the end of the pause, where one is on. @param nowMs the time that `isPaused` was called with. */
  awaitEnd(nowMs: number): void {
    this.awaitTime(this.#pausedUntilMs, nowMs);
  }

  /** Calls `onAgain` at `atMs`, or sooner where that was asked for. */
  awaitTime(atMs: number, nowMs: number): void {
    if (atMs <= nowMs || (this.#cancelTimer !== undefined && this.#dueAtMs <= atMs)) return;
    this.#cancelTimer?.();
    this.#dueAtMs = atMs;
    this.#cancelTimer = this.#clock.after(atMs - nowMs, () => {
      this.#cancelTimer = undefined;
      this.#onAgain();
    });
  }

  [Symbol.dispose](): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
