import { type Clock, systemClock } from '../time/clock.ts';

/** A place among the streams that may be open at once. */
export interface StreamSlot extends Disposable {
  /** Aborts when the place is needed by a tenant with fewer of them. */
  readonly taken: AbortSignal;
}

/** While some wait, those that have had a place for so long give it up in turn: whatever is followed has one now and then. */
const TURN_MS = 10_000;

interface Held {
  sinceMs: number;
  taken: AbortController;
}

interface Waiting {
  /** Grows with each that begins to wait. */
  order: number;
  enter: (slot: StreamSlot) => void;
}

/** One that has places, or waits for some; by tenant, so that thousands that wait are not looked at one by one. */
interface Tenant {
  name: string;
  /** In the order in which they got them. */
  held: Set<Held>;
  /** How many of these were not taken yet. */
  keeps: number;
  /** In the order in which they came. */
  waiting: Set<Waiting>;
}

/**
 * So many streams at once, shared by max-min fairness: while all are in use, who has fewer takes one from the tenant that
 * has most, so that one with hundreds of containers leaves the others theirs. Those that wait have a turn as places are free.
 */
export class StreamSlots {
  readonly #most: number;
  readonly #clock: Clock;
  #stopTurns: (() => void) | undefined;
  readonly #tenants = new Map<string, Tenant>();
  #open = 0;
  #waiting = 0;
  #order = 0;

  /** @param most at least 1 */
  constructor(most: number, clock: Clock = systemClock) {
    this.#most = most;
    this.#clock = clock;
  }

  get open(): number {
    return this.#open;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Rejects with the reason of `signal`. */
  async acquire(tenant: string, signal: AbortSignal): Promise<StreamSlot> {
    signal.throwIfAborted();
    const own = this.#of(tenant);
    if (this.#open < this.#most) return this.#hold(own);
    const { promise, resolve, reject } = Promise.withResolvers<StreamSlot>();
    const waiting = { order: this.#order, enter: resolve };
    this.#order += 1;
    const leave = () => {
      this.#remove(own, waiting);
      reject(signal.reason);
    };
    own.waiting.add(waiting);
    this.#waiting += 1;
    this.#planTurns();
    signal.addEventListener('abort', leave, { once: true });
    this.#makeRoom(own);
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #of(name: string): Tenant {
    const tenant = this.#tenants.get(name) ?? { name, held: new Set(), keeps: 0, waiting: new Set() };
    this.#tenants.set(name, tenant);
    return tenant;
  }

  #forgetIfIdle({ name, held, waiting }: Tenant): void {
    if (held.size === 0 && waiting.size === 0) this.#tenants.delete(name);
  }

  #hold(tenant: Tenant): StreamSlot {
    const held = { sinceMs: this.#clock.nowMs(), taken: new AbortController() };
    tenant.held.add(held);
    tenant.keeps += 1;
    this.#open += 1;
    return {
      taken: held.taken.signal,
      [Symbol.dispose]: () => {
        if (!tenant.held.delete(held)) return;
        if (!held.taken.signal.aborted) tenant.keeps -= 1;
        this.#open -= 1;
        this.#next();
        this.#forgetIfIdle(tenant);
      },
    };
  }

  #take(tenant: Tenant, { taken }: Held): void {
    tenant.keeps -= 1;
    taken.abort();
  }

  #remove(tenant: Tenant, waiting: Waiting): void {
    if (!tenant.waiting.delete(waiting)) return;
    this.#waiting -= 1;
    this.#planTurns();
    this.#forgetIfIdle(tenant);
  }

  /** The first of the tenant that has fewest. */
  #next(): void {
    let best: { tenant: Tenant; first: Waiting } | undefined;
    for (const tenant of this.#tenants.values()) {
      const [first] = tenant.waiting;
      if (first === undefined) continue;
      const less = best === undefined ? -1 : tenant.held.size - best.tenant.held.size || first.order - best.first.order;
      if (less < 0) best = { tenant, first };
    }
    if (best === undefined) return;
    const { tenant, first } = best;
    const slot = this.#hold(tenant);
    this.#remove(tenant, first);
    first.enter(slot);
  }

  /** Looks after each turn as long as some wait. */
  #planTurns(): void {
    if (this.#waiting === 0) {
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
    const all = [...this.#tenants.values()].flatMap((tenant) => [...tenant.held].map((held) => ({ tenant, held })));
    const due = all.filter(({ held: { sinceMs, taken } }) => sinceMs <= before && !taken.signal.aborted);
    due.sort((a, b) => a.held.sinceMs - b.held.sinceMs);
    for (const { tenant, held } of due.slice(0, this.#waiting)) this.#take(tenant, held);
  }

  #makeRoom(own: Tenant): void {
    let most: Tenant | undefined;
    for (const tenant of this.#tenants.values()) if (tenant.keeps > (most?.keeps ?? 0)) most = tenant;
    // With a difference of one they would take it from each other for ever.
    if (most === undefined || most.keeps <= own.held.size + 1) return;
    const newest = [...most.held].findLast(({ taken }) => !taken.signal.aborted);
    if (newest !== undefined) this.#take(most, newest);
  }
}
