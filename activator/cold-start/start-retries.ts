import { mendsItself, retryAfterMs } from '#api/rules/start-retry.ts';

/** A failed start of a revision, as the Function's status has it. */
export interface FailedStart {
  reason: string;
  /** How often it has failed by now. */
  count: number;
  /** When it last did, in milliseconds since 1970. */
  lastMs: number;
}

interface Known {
  reason: string;
  count: number;
  /** When it last failed, on the activator's clock. */
  atMs: number;
}

/**
 * Half-open: a revision that failed to start is refused while its last start is young, then the next request starts it
 * again. Knows what the status tells and what this activator sees of the revision's pods, whichever comes first.
 */
export class StartRetries {
  #revision: string | undefined;
  #known: Known | undefined;
  #told: FailedStart | undefined;
  /** Its pods fail, so far as was last seen: they count once. */
  #isSeen = false;

  /**
   * What the status says of the newest revision, at each change of it.
   * @param ageMs how long ago that start failed, as far as the clocks of two machines can tell.
   */
  told(
    revision: string | undefined,
    start: FailedStart | undefined,
    { nowMs, ageMs }: { nowMs: number; ageMs: number },
  ): void {
    const before = this.#told;
    const isOther = revision !== this.#revision;
    if (isOther) this.#isSeen = false;
    if (isOther || (start === undefined && before !== undefined)) this.#known = undefined;
    this.#revision = revision;
    this.#told = start;
    if (start === undefined) return;
    const isNews = isOther || start.count !== before?.count || start.reason !== before.reason;
    if (!isNews) return;
    this.#known = { reason: start.reason, count: start.count, atMs: nowMs - Math.max(0, ageMs) };
  }

  /** What is seen of its pods: why they do not start; undefined: nothing speaks against it. */
  saw(reason: string | undefined, nowMs: number): void {
    if (reason !== undefined && !this.#isSeen) {
      this.#known = { reason, count: this.#known?.count ?? 1, atMs: nowMs };
    }
    this.#isSeen = reason !== undefined;
  }

  answered(): void {
    this.#known = undefined;
    this.#isSeen = false;
  }

  get hasFailed(): boolean {
    return this.#known !== undefined;
  }

  /**
   * From when on it may be started again, on the activator's clock; undefined: it has not failed, or will not be.
   * @param hasFallback another revision takes its place: then only what can mend itself is started again.
   */
  dueAtMs(hasFallback: boolean): number | undefined {
    if (this.#known === undefined) return undefined;
    const { reason, count, atMs } = this.#known;
    if (hasFallback && !mendsItself(reason)) return undefined;
    return atMs + retryAfterMs(reason, count);
  }
}
