import { type Clock, systemClock } from '../time/clock.ts';

/** A place among the streams that may be open at once. */
export interface StreamSlot extends Disposable {
  /** Aborts when the place is needed by a tenant with fewer of them. */
  readonly taken: AbortSignal;
}

/** While some wait, those that have had a place for so long give it up in turn: whatever is followed has one now and then. */
const TURN_MS = 10_000;

interface Held {
  tenant: string;
  sinceMs: number;
  taken: AbortController;
}

interface Waiting {
  tenant: string;
  enter: (slot: StreamSlot) => void;
}

/**
 * So many streams at once, shared by max-min fairness: while all are in use, who has fewer takes one from the tenant that
 * has most, so that one with hundreds of containers leaves the others theirs. Those that wait have a turn as places are free.
 */
export class StreamSlots {
  readonly #most: number;
  readonly #clock: Clock;
  #stopTurns: (() => void) | undefined;
  readonly #held = new Set<Held>();
  readonly #waiting = new Set<Waiting>();

  /** @param most at least 1 */
  constructor(most: number, clock: Clock = systemClock) {
    this.#most = most;
    this.#clock = clock;
  }

  get open(): number {
    return this.#held.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Rejects with the reason of `signal`. */
  async acquire(tenant: string, signal: AbortSignal): Promise<StreamSlot> {
    signal.throwIfAborted();
    if (this.#held.size < this.#most) return this.#hold(tenant);
    const { promise, resolve, reject } = Promise.withResolvers<StreamSlot>();
    const waiting = { tenant, enter: resolve };
    const leave = () => {
      this.#waiting.delete(waiting);
      this.#planTurns();
      reject(signal.reason);
    };
    this.#waiting.add(waiting);
    this.#planTurns();
    signal.addEventListener('abort', leave, { once: true });
    this.#makeRoom(tenant);
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #hold(tenant: string): StreamSlot {
    const held = { tenant, sinceMs: this.#clock.nowMs(), taken: new AbortController() };
    this.#held.add(held);
    return {
      taken: held.taken.signal,
      [Symbol.dispose]: () => {
        if (this.#held.delete(held)) this.#next();
      },
    };
  }

  /** The one of the tenant that has fewest. */
  #next(): void {
    let best: { waiting: Waiting; has: number } | undefined;
    for (const waiting of this.#waiting) {
      const has = this.#count(waiting.tenant);
      if (best === undefined || has < best.has) best = { waiting, has };
    }
    if (best === undefined) return;
    this.#waiting.delete(best.waiting);
    this.#planTurns();
    best.waiting.enter(this.#hold(best.waiting.tenant));
  }

  /** Looks after each turn as long as some wait. */
  #planTurns(): void {
    if (this.#waiting.size === 0) {
      this.#stopTurns?.();
      this.#stopTurns = undefined;
    } else
      this.#stopTurns ??= this.#clock.after(TURN_MS, () => {
        this.#stopTurns = undefined;
        this.#endTurns();
        this.#planTurns();
      });
  }

  /** As many as wait; the ones that have had their place longest, for at least a turn. */
  #endTurns(): void {
    const before = this.#clock.nowMs() - TURN_MS;
    const due = [...this.#held].filter(({ sinceMs, taken }) => sinceMs <= before && !taken.signal.aborted);
    due.sort((a, b) => a.sinceMs - b.sinceMs);
    for (const { taken } of due.slice(0, this.#waiting.size)) taken.abort();
  }

  #makeRoom(tenant: string): void {
    const counts = new Map<string, Held[]>();
    for (const held of this.#held)
      if (!held.taken.signal.aborted) counts.set(held.tenant, [...(counts.get(held.tenant) ?? []), held]);
    const most = [...counts.values()].reduce((a, b) => (b.length > a.length ? b : a), []);
    // With a difference of one they would take it from each other for ever.
    if (most.length > this.#count(tenant) + 1) most.at(-1)?.taken.abort();
  }

  #count(tenant: string): number {
    let count = 0;
    for (const held of this.#held) if (held.tenant === tenant) count += 1;
    return count;
  }
}
