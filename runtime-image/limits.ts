import type { Stop } from './call.ts';

/** How long a handler may go on after its time was up before it counts as one that never ends. */
const OVERDUE_MS = 10_000;

/**
 * How long after `stop` a handler that still runs is overdue. undefined: never. A client that left takes nothing of the
 * time that the function has.
 * @param timeoutMs 0: no limit.
 */
export function overdueAfterMs(stop: Stop, timeoutMs: number): number | undefined {
  if (stop.why !== 'gone') return OVERDUE_MS;
  return timeoutMs === 0 ? undefined : timeoutMs + OVERDUE_MS;
}

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
