/**
 * Handlers that run now, and the most that may.
 *
 * A place is taken when a request is let in and given back when the request is over and its handler has settled. A
 * handler that goes on after its 504 therefore keeps its place: with a limit of 1 there are never two at once.
 */
export class Places {
  readonly #limit: number;
  #taken = 0;
  #overdue = 0;

  /** @param limit 0: no limit. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Whether every place is held by a handler whose time was up long ago: the replica can do nothing more. */
  get stuck(): boolean {
    return this.#limit > 0 && this.#overdue >= this.#limit;
  }

  /** Takes a place. False: there is none. */
  take(): boolean {
    if (this.#limit > 0 && this.#taken >= this.#limit) return false;
    this.#taken++;
    return true;
  }

  give(): void {
    this.#taken--;
  }

  /** A handler did not settle in the time it had after its 504. */
  markOverdue(): void {
    this.#overdue++;
  }

  /** It settled after all. */
  unmarkOverdue(): void {
    this.#overdue--;
  }
}
