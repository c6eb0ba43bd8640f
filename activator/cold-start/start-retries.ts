import { mendsItself, retryAfterMs } from '#api/rules/start-retry.ts';
import type { FailedStart } from '../routing/function-config.ts';

interface Known {
  reason: string;
  count: number;
  /** When it last failed, on the activator's clock. */
  atMs: number;
}

/**
 * Half-open: a revision that failed to start is refused while its last start is young, then the next request starts it
 * again. Takes failures from the status and from the revision's pods, whichever shows one first.
 */
export class StartRetries {
  #revision: string | undefined;
  #known: Known | undefined;
  #status: FailedStart | undefined;
  /** Its pods failed at the last look; a failure that lasts over several looks counts once. */
  #isSeen = false;

  /**
   * What the status says of the newest revision, at each change of it.
   * @param ageMs how long ago that start failed, up to the difference of two machines' clocks.
   */
  noteStatus(
    revision: string | undefined,
    start: FailedStart | undefined,
    { nowMs, ageMs }: { nowMs: number; ageMs: number },
  ): void {
    const before = this.#status;
    const isOther = revision !== this.#revision;
    if (isOther) this.#isSeen = false;
    if (isOther || (start === undefined && before !== undefined)) this.#known = undefined;
    this.#revision = revision;
    this.#status = start;
    if (start === undefined) return;
    const isNews = isOther || start.count !== before?.count || start.reason !== before.reason;
    if (!isNews) return;
    this.#known = { reason: start.reason, count: start.count, atMs: nowMs - Math.max(0, ageMs) };
  }

  /** @param reason why its pods do not start; undefined: none fails. */
  notePods(reason: string | undefined, nowMs: number): void {
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
