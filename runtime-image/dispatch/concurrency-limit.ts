import type { Stop } from '../call/stop.ts';

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

/** Longest that a request is held where all places are taken, in milliseconds. */
const HOLD_MS = 1_000;
/** Requests held at once; each is a head and a socket that is not read from. */
const MOST_HELD = 256;

/** How long a request says that it may be held; 0: not at all. */
export function holdMs(header: string | string[] | undefined): number {
  const ms = Number(header ?? 0);
  return ms > 0 ? Math.min(ms, HOLD_MS) : 0;
}

/**
 * A counting semaphore over the handlers that run now.
 *
 * A place is taken when a request is let in and given back when the request is over and its handler has settled. A
 * handler that goes on after its 504 therefore keeps its place: with a limit of 1 there are never two at once. A place
 * that is given back goes to the request that is held longest (first in, first out), so that several gateways get it in
 * turn.
 */
export class ConcurrencyLimit {
  readonly #limit: number;
  readonly #held = new Set<(hasPlace: boolean) => void>();
  #taken = 0;
  #overdue = 0;

  /** @param limit 0: no limit. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Handlers that run now. */
  get taken(): number {
    return this.#taken;
  }

  /** Whether every place is held by a handler whose time was up long ago: the replica can do nothing more. */
  get stuck(): boolean {
    return this.#limit > 0 && this.#overdue >= this.#limit;
  }

  /** Takes a place if one is free; false: none is. */
  tryAcquire(): boolean {
    if (this.#limit > 0 && this.#taken >= this.#limit) return false;
    this.#taken++;
    return true;
  }

  /** Takes a place as soon as there is one. Resolves with false when there was none in time, or `cancel` was called. */
  acquire(withinMs: number): { acquired: Promise<boolean>; cancel: () => void } {
    const { promise: acquired, resolve } = Promise.withResolvers<boolean>();
    const end = (hasPlace: boolean) => {
      if (!this.#held.delete(end)) return;
      clearTimeout(timer);
      resolve(hasPlace);
    };
    const cancel = () => end(false);
    const timer = setTimeout(cancel, withinMs);
    this.#held.add(end);
    if (this.#held.size > MOST_HELD) cancel();
    else if (this.tryAcquire()) end(true);
    return { acquired, cancel };
  }

  /** Gives a place back: to the request that is held longest, if there is one. */
  release(): void {
    const [longest] = this.#held;
    if (longest === undefined) this.#taken--;
    else longest(true);
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
