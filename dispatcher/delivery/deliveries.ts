import type { LeaseResult } from '../store/store.ts';
import { Adoption } from './adoption.ts';
import { Agenda } from './agenda.ts';
import type { DeliveryParts } from './delivery-parts.ts';
import { DeliveryRuns } from './delivery-runs.ts';
import { GatewayChecks } from './gateway-checks.ts';
import { LEASE_MS } from './held-leases.ts';
import { roomOf } from './room.ts';

/** Functions that are asked for in one lease, so that what it says of when the next is due is of few. */
const ASKED_AT_ONCE = 64;
/** What gateways have under way is asked for at the start before anything is leased, for no longer than this. */
const ADOPTION_MS = 4_000;
/** All functions with open entries are looked at again, in case that something was missed. */
const RESYNC_MS = 60_000;
const RETRY_MS = 500;
/** The least that a timer waits: what falls due shortly after something else is leased together with it. */
const LEAST_TIMER_MS = 5;

/**
 * Delivers what is due: entries are leased function by function, as many as there is room for, sent to a gateway, and settled by what comes
 * of it. Any of it that fails ends one delivery, or is tried again.
 */
export class Deliveries implements AsyncDisposable {
  readonly #parts: DeliveryParts;
  readonly #agenda = new Agenda();
  readonly #runs: DeliveryRuns;
  readonly #adoption: Adoption;
  readonly #checks: GatewayChecks;
  readonly #stopping = new AbortController();
  #isLeasing = false;
  #isBusy = false;
  #isWanted = false;
  #turn = 0;
  #cancelTimer: () => void = () => undefined;
  #cancelResync: () => void = () => undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#runs = new DeliveryRuns(parts, this.#agenda, this.#poke);
    this.#adoption = new Adoption(parts, this.#runs, this.#stopping.signal);
    this.#checks = new GatewayChecks(parts.gateways, parts.clock, parts.log);
  }

  /** Something of this function was enqueued, or may be due now. */
  wake(uid: string): void {
    this.#agenda.wake(uid);
    this.#poke();
  }

  /**
   * Takes over what gateways have under way, then begins to lease. To be called once functions and gateways are known. Resolves once
   * it leases; never rejects.
   */
  async start(): Promise<void> {
    const { gateways, clock } = this.#parts;
    const adopting = new AbortController();
    const cancel = clock.after(ADOPTION_MS, () => adopting.abort());
    await this.#adoption.adopt(AbortSignal.any([adopting.signal, this.#stopping.signal]));
    cancel();
    gateways.known.onChange(() => {
      this.#adoption.adopt(this.#stopping.signal).then(this.#poke);
    });
    if (this.#stopping.signal.aborted) return;
    this.#isLeasing = true;
    await this.#resync();
  }

  /**
   * Leases nothing any more, and waits until nothing is under way, or `signal` aborts: what gateways have then they go on with, for
   * the next process to take over. Takes at most some two seconds longer, for what is to be written.
   */
  drain(signal: AbortSignal): Promise<void> {
    this.#closed ??= this.#close(signal);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain(AbortSignal.abort());
  }

  async #close(signal: AbortSignal): Promise<void> {
    this.#isLeasing = false;
    this.#stopping.abort();
    this.#cancelTimer();
    this.#cancelResync();
    await this.#runs.close(signal);
    this.#checks[Symbol.dispose]();
  }

  /** Level-based: whatever was not told, or told to no avail, is found here. */
  async #resync(): Promise<void> {
    const { store, clock, log } = this.#parts;
    let againInMs = RESYNC_MS;
    try {
      const open = (await store.counts()).filter(({ waiting, leased }) => waiting + leased > 0);
      const uids = new Set(open.map(({ owner }) => owner.uid));
      this.#agenda.keepOnly(uids);
      for (const uid of uids) this.#agenda.wake(uid);
    } catch (error) {
      log.warn({ err: error }, 'which functions have something open is not known');
      againInMs = RETRY_MS;
    }
    if (!this.#isLeasing) return;
    this.#cancelResync = clock.after(againInMs, () => void this.#resync());
    this.#poke();
  }

  readonly #poke = (): void => {
    this.#isWanted = true;
    if (this.#isBusy || !this.#isLeasing) return;
    this.#isBusy = true;
    // Once for all that happens in this turn; after what is settled in it was handed to the store.
    setImmediate(() => {
      this.#run().catch((error: unknown) => {
        this.#isBusy = false;
        this.#parts.log.error({ err: error }, 'leasing failed');
        this.#timer(RETRY_MS);
      });
    });
  };

  async #run(): Promise<void> {
    while (this.#isWanted && this.#isLeasing) {
      this.#isWanted = false;
      await this.#lease();
    }
    this.#isBusy = false;
    this.#timerForNext();
  }

  async #lease(): Promise<void> {
    const { clock, policies, gateways } = this.#parts;
    const nowMs = clock.nowMs();
    const free = Math.min(this.#runs.free, gateways.known.allowed(nowMs));
    if (free === 0) return;
    const asking = this.#agenda.asking(nowMs, (uid) => policies.of(uid));
    this.#turn += 1;
    const room = [...roomOf(asking, free, this.#turn)];
    for (let at = 0; at < room.length && this.#isLeasing; at += ASKED_AT_ONCE)
      await this.#leaseSome(new Map(room.slice(at, at + ASKED_AT_ONCE)));
  }

  async #leaseSome(room: ReadonlyMap<string, number>): Promise<void> {
    const { store, clock, log } = this.#parts;
    this.#agenda.asked(room.keys());
    try {
      this.#take(room, await store.lease(room, LEASE_MS));
    } catch (error) {
      log.warn({ err: error, functions: room.size, retryInMs: RETRY_MS }, 'nothing can be leased now');
      for (const uid of room.keys()) this.#agenda.wakeAt(uid, clock.nowMs() + RETRY_MS);
    }
  }

  #take(room: ReadonlyMap<string, number>, { entries, nextDueMs }: LeaseResult): void {
    const { policies, clock, wallMs } = this.#parts;
    const given = new Map<string, number>();
    for (const entry of entries) {
      given.set(entry.uid, (given.get(entry.uid) ?? 0) + 1);
      const policy = policies.of(entry.uid, entry.id);
      // Its function went this moment: the lease ends by itself, unless the entry does before.
      if (policy !== undefined) this.#runs.begin(entry, policy);
    }
    this.#runs.send();
    const nextMs = nextDueMs === undefined ? undefined : clock.nowMs() + Math.max(0, nextDueMs - wallMs());
    for (const [uid, places] of room) {
      // There may be more that is due, for when there is room.
      if (given.get(uid) === places) this.#agenda.wake(uid);
      else if (nextMs !== undefined) this.#agenda.wakeAt(uid, nextMs);
    }
  }

  #timerForNext(): void {
    const nowMs = this.#parts.clock.nowMs();
    const { known } = this.#parts.gateways;
    const times = [this.#agenda.nextMs, known.allowed(nowMs) > 0 ? undefined : known.nextMs];
    const next = Math.min(...times.filter((atMs) => atMs !== undefined));
    if (this.#isLeasing && Number.isFinite(next)) this.#timer(Math.max(next - nowMs, LEAST_TIMER_MS));
  }

  #timer(ms: number): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#parts.clock.after(Math.min(ms, RESYNC_MS), this.#poke);
  }
}
