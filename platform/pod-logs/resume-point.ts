/** Times of the last second that are told apart; with more, all up to the newest count as one. Some ten KiB for each of thousands of containers. */
const MOST_TIMES = 128;

/**
 * How far a log was read, so that one that is opened again goes on without losing or doubling a line. The API server can
 * only be asked for whole seconds, so of the last second it is known how many lines there were of each time: what comes
 * again is counted off against that. Two lines may have the same time, and a container's two outputs are not strictly in order.
 */
export class ResumePoint {
  /** Lines of this time or earlier were read. */
  #floor = '';
  #latest = '';
  /** Lines by their time, of the second of `#latest`. */
  #known = new Map<string, number>();
  /** Of the lines that were read before, those that were not met again since `reopen`; undefined: all of them were. */
  #again: Map<string, number> | undefined;
  #reopenedAt = '';

  /** That of a log whose lines up to this time were read. @param time with nine digits of a second */
  static after(time: string): ResumePoint {
    const point = new ResumePoint();
    point.#latest = time;
    point.#floor = time;
    return point;
  }

  /** From when on the log has to be read, RFC 3339 in whole seconds; undefined: from its beginning. */
  get sinceTime(): string | undefined {
    return this.#latest === '' ? undefined : `${this.#latest.slice(0, 19)}Z`;
  }

  /** The log is opened again, by `sinceTime`: lines that are known come again. */
  reopen(): void {
    if (this.#latest === '') return;
    this.#again = new Map(this.#known);
    this.#reopenedAt = this.#latest;
  }

  /** Whether the line of this time was not read before; from now on it was. @param time with nine digits of a second */
  take(time: string): boolean {
    if (this.#isAgain(time)) return false;
    this.#note(time);
    return true;
  }

  #isAgain(time: string): boolean {
    if (this.#again === undefined) return false;
    if (time > this.#reopenedAt) {
      // Past all that is known.
      this.#again = undefined;
      return false;
    }
    if (time <= this.#floor || time.slice(0, 19) < this.#reopenedAt.slice(0, 19)) return true;
    const left = this.#again.get(time) ?? 0;
    if (left > 0) this.#again.set(time, left - 1);
    return left > 0;
  }

  #note(time: string): void {
    if (time > this.#latest) {
      if (time.slice(0, 19) !== this.#latest.slice(0, 19)) this.#known.clear();
      this.#latest = time;
    }
    this.#known.set(time, (this.#known.get(time) ?? 0) + 1);
    if (this.#known.size <= MOST_TIMES) return;
    this.#floor = this.#latest;
    this.#known.clear();
  }
}
