import type { Clock } from '#platform/time/clock.ts';

/**
 * How an activator asks a replica that other activators use as well, of whom it knows nothing. A replica that turned a
 * request away is taken for full for a while: those with room come first. When there is none of those, a request may wait
 * at the replica itself, which gives its places to all that wait there in order, so each activator gets its share and
 * no place stands empty.
 */

/** How long a replica that was full is taken to be, on the average. */
const CROWDED_MS = 250;
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1_000;
/** After one that waited in vain. It bounds what vain questions cost: two hundred in a second for a function. */
const PAUSE_MS = 5;

/** Replicas that start are waited for no longer than this after the last one has come, in milliseconds. */
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

/** How long to wait at a replica where the last `inVain` that did so were turned away: handlers there take their time. */
export function waitThereMs(inVain: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** Math.min(inVain, 10), LONGEST_WAIT_MS);
}

/** When a function's requests may go to wait at a replica. Chance is in it: activators must not all come back at once. */
export class Contention implements Disposable {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #onAgain: () => void;
  #pausedUntilMs = 0;
  #cancelTimer: (() => void) | undefined;
  /** When that timer is due. */
  #dueAtMs = 0;

  /** @param onAgain called when a pause is over that somebody waits for. */
  constructor(clock: Clock, random: () => number, onAgain: () => void) {
    this.#clock = clock;
    this.#random = random;
    this.#onAgain = onAgain;
  }

  isPaused(nowMs: number): boolean {
    return nowMs < this.#pausedUntilMs;
  }

  /** Until when a replica that was full just now is taken to be. */
  crowdedUntilMs(nowMs: number): number {
    return nowMs + CROWDED_MS * (0.5 + this.#random());
  }

  /** One has waited at a replica in vain. */
  pause(nowMs: number): void {
    this.#pausedUntilMs = Math.max(nowMs, this.#pausedUntilMs) + PAUSE_MS * (0.5 + this.#random());
  }

  /** A request waits, perhaps only for the pause to end. @param nowMs as `isPaused` was asked for that. */
  awaitEnd(nowMs: number): void {
    this.awaitTime(this.#pausedUntilMs, nowMs);
  }

  /** A request waits, and may go on then. */
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
