import { frameParts } from '#api/rules/frame.ts';
import { isTooDeep, readHead } from '../destinations/entry-head.ts';
import type { AsyncPolicy } from '../functions/async-policy.ts';
import { followUpsOf } from '../store/check-input.ts';
import type { Entry, Lease, LeasedEntry, Payload, Settlement } from '../store/store.ts';
import type { Agenda } from './agenda.ts';
import { BurialLog } from './burial-log.ts';
import { callAddress } from './call-address.ts';
import type { DeliveryParts } from './delivery-parts.ts';
import { DeliveryRoute } from './delivery-route.ts';
import { FollowUps } from './follow-ups.ts';
import type { Gateway } from './gateways.ts';
import { HeldLeases } from './held-leases.ts';
import type { Outcome } from './outcome.ts';
import { Parcel } from './parcel.ts';
import { PayloadReader } from './payload-reader.ts';
import { cameOf, headOf, type Run } from './run.ts';
import { settlementOf } from './settlement-of.ts';
import { Settlements } from './settlements.ts';
import { CHAIN_TOO_LONG, type Circumstances, type Verdict, verdict, verdictByAge } from './verdict.ts';

/** Deliveries under way, over all functions. */
const MOST_RUNNING = 500;
/** Of what waits to be written when all ends. */
const LAST_WRITE_MS = 2_000;

/** Entries that are leased, from then until what became of them is durable. Longer than 250 lines: all that one passes is here. */
export class DeliveryRuns {
  readonly #parts: DeliveryParts;
  readonly #agenda: Agenda;
  /** There may be room for more, or something due. */
  readonly #news: () => void;
  readonly #leases: HeldLeases;
  readonly #runs = new Map<string, Run>();
  readonly #settlements: Settlements;
  readonly #burials: BurialLog;
  readonly #followUps: FollowUps;
  readonly #route: DeliveryRoute;
  readonly #payloads: PayloadReader<Run>;
  #isClosing = false;
  #idle: () => void = () => undefined;

  constructor(parts: DeliveryParts, agenda: Agenda, news: () => void) {
    this.#parts = parts;
    this.#agenda = agenda;
    this.#news = news;
    this.#leases = new HeldLeases(parts);
    this.#settlements = new Settlements(parts);
    this.#burials = new BurialLog(parts);
    this.#followUps = new FollowUps(parts);
    this.#payloads = new PayloadReader({ ...parts, onRead: (...read) => this.#send(...read) });
    const { known, connect } = parts.gateways;
    this.#route = new DeliveryRoute({ gateways: known, connect, clock: parts.clock });
  }

  /** How many more entries may be leased; 0 while the store does not take what becomes of those before. */
  get free(): number {
    return this.#settlements.isStuck ? 0 : Math.max(0, MOST_RUNNING - this.#runs.size);
  }

  has(id: string): boolean {
    return this.#runs.has(id);
  }

  /** Takes over what was leased. */
  begin(entry: LeasedEntry, policy: AsyncPolicy): void {
    const known = this.#runs.get(entry.id);
    if (known !== undefined) {
      // Its lease had ended while it is under way here: it goes on under the new one.
      known.epoch = entry.epoch;
      known.attempt = entry.attempt;
      return;
    }
    const run = this.#hold(entry, { ...entry, policy, isOrdered: entry.orderingKey !== undefined });
    const tooOld = verdictByAge(this.#circumstances(run));
    if (tooOld !== undefined) this.#unsent(run, tooOld);
    else if (this.#isClosing) this.#giveBack(run);
    else {
      if (run.attempt === 1) this.#parts.metrics.waited(policy, (this.#parts.wallMs() - entry.ageFromMs) / 1_000);
      this.#payloads.add(run);
    }
  }

  /** Sends off what was begun, as far as there is memory for it. */
  send(): void {
    this.#payloads.read();
  }

  /** Takes over what a gateway has under way, of an entry whose lease was extended for it. */
  adopt(lease: Lease, entry: Entry, { gateway, policy }: { gateway: Gateway; policy: AsyncPolicy }): void {
    if (this.#isClosing) return;
    const { attempts: attempt, owner, bytes } = entry;
    const isOrdered = entry.orderingKey !== undefined;
    const run = this.#hold(lease, { uid: owner.uid, attempt, bytes, ageFromMs: undefined, policy, isOrdered });
    this.#over(run, this.#route.attach({ head: headOf(run), signal: run.abort.signal }, gateway));
  }

  /**
   * Begins nothing any more and waits until nothing is under way, or `signal` aborts: then the gateways go on alone with what they have, and
   * its leases are extended once more for who comes after.
   */
  async close(signal: AbortSignal): Promise<void> {
    this.#isClosing = true;
    for (const run of this.#payloads.clear()) this.#giveBack(run);
    if (this.#runs.size > 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    await this.#leases
      .extend()
      .catch((error: unknown) => this.#parts.log.warn({ err: error }, 'leases cannot be extended'));
    this.#leases[Symbol.dispose]();
    for (const run of this.#runs.values()) if (!run.isJudged) run.abort.abort();
    const last = new AbortController();
    const cancel = this.#parts.clock.after(LAST_WRITE_MS, () => last.abort());
    await this.#settlements.close(last.signal);
    cancel();
    this.#burials[Symbol.dispose]();
  }

  #hold(
    { id, epoch }: Lease,
    rest: Pick<Run, 'uid' | 'attempt' | 'bytes' | 'ageFromMs' | 'policy' | 'isOrdered'>,
  ): Run {
    const abort = new AbortController();
    const onLost = () => this.#lost(run);
    const { uid, attempt, bytes, ageFromMs, policy, isOrdered } = rest;
    const startedAtMs = this.#parts.clock.nowMs();
    const state = { facts: undefined, isJudged: false, hasRoom: true };
    const unprobed = this.#agenda.begun(policy, startedAtMs);
    const age = { ageFromMs, startedAtMs, isOrdered };
    const run: Run = { id, epoch, uid, attempt, bytes, policy, abort, onLost, unprobed, ...age, ...state };
    this.#leases.add(run);
    this.#runs.set(id, run);
    return run;
  }

  #send(run: Run, payload: Payload | undefined, release: () => void): void {
    if (payload === undefined) this.#lost(run);
    const { signal } = run.abort;
    if (payload === undefined || signal.aborted || this.#isClosing) {
      release();
      this.#giveBack(run);
      return;
    }
    run.facts = readHead(payload.head).facts;
    const { url } = run.facts;
    if (isTooDeep(run.facts)) {
      release();
      this.#unsent(run, CHAIN_TOO_LONG);
    } else if (url !== undefined) {
      run.unprobed();
      this.#news();
      const call = { url, payload, maxBytes: run.policy.maxResultBytes, signal };
      this.#over(run, callAddress(call, this.#parts).finally(release));
    } else {
      const parcel = new Parcel(frameParts(headOf(run), payload.head, payload.body), release);
      this.#over(
        run,
        this.#route.send({ head: headOf(run), signal }, parcel).finally(() => parcel.drop()),
      );
    }
  }

  #over(run: Run, outcome: Promise<Outcome>): void {
    outcome
      .then((came) => {
        if (run.abort.signal.aborted) this.#end(run);
        else this.#judged(run, verdict(came, this.#circumstances(run)), came);
      })
      .catch((error: unknown) => {
        this.#parts.log.error({ err: error, id: run.id }, 'a delivery failed here');
        if (!run.isJudged) this.#end(run);
      });
  }

  #circumstances({ id, uid, attempt, ageFromMs, policy }: Run): Circumstances {
    const { policies, wallMs, random } = this.#parts;
    return { attempt, ageFromMs, policy: policies.of(uid, id) ?? policy, nowMs: wallMs(), random: random() };
  }

  #unsent(run: Run, given: Verdict): void {
    run.unprobed();
    this.#judged(run, given, undefined);
  }

  /** The function has room again from now on; the entry is held until it is durable what became of it. */
  #judged(run: Run, given: Verdict, outcome: Outcome | undefined): void {
    const { clock, metrics, policies } = this.#parts;
    const nowMs = clock.nowMs();
    this.#freeRoom(run);
    if (given.outcome === 'again' && given.pause !== undefined)
      this.#agenda.failed(run.uid, { begunAtMs: run.startedAtMs, nowMs, askedMs: given.pause.askedMs });
    else if (outcome?.kind === 'answered' && outcome.answer.started && run.facts?.url === undefined)
      this.#agenda.succeeded(run.uid);
    const policy = policies.of(run.uid, run.id) ?? run.policy;
    const isFull = this.#settlements.isFull || this.#followUps.isFull;
    metrics.delivered(policy, cameOf(given), (nowMs - run.startedAtMs) / 1_000);
    this.#conclude(run, given, settlementOf({ lease: run, verdict: given, outcome, policy, isFull }));
    this.#news();
  }

  /** Settles it, together with what follows its end. */
  #conclude(run: Run, given: Verdict, settlement: Settlement): void {
    const { policies, log } = this.#parts;
    run.isJudged = true;
    const policy = policies.of(run.uid, run.id) ?? run.policy;
    const following =
      given.outcome === 'again' ? undefined : this.#followUps.of({ ...run, policy, verdict: given, settlement });
    if (following === undefined) this.#settle(run, given, settlement);
    following
      ?.then((followUps) => this.#settle(run, given, { ...settlement, followUps } as Settlement))
      .catch((error: unknown) => log.error({ err: error, id: run.id }, 'the end of a delivery failed here'));
  }

  #settle(run: Run, given: Verdict, settlement: Settlement): void {
    const { clock, wallMs, metrics, log } = this.#parts;
    run.isJudged = true;
    const settled = this.#settlements.settle(settlement, run).then((came) => {
      this.#remove(run);
      // Where it does not hold, it may have been written by a try whose answer was lost.
      for (const { owner } of followUpsOf(settlement)) this.#agenda.wake(owner.uid);
      this.#news();
      if (!came.holds) return metrics.leaseLost();
      if (given.outcome === 'again')
        return this.#agenda.wakeAt(run.uid, clock.nowMs() + Math.max(0, given.notBeforeMs - wallMs()));
      if (given.outcome === 'buried') this.#burials.buried(run, given.note);
      this.#parts.ended(run.id, given.outcome);
      this.#followUps.settled(run, settlement, came);
    });
    settled.catch((error: unknown) => log.error({ err: error, id: run.id }, 'the end of a delivery failed here'));
  }

  /** It was not delivered: who comes first may. */
  #giveBack(run: Run): void {
    if (run.abort.signal.aborted) {
      this.#end(run);
      return;
    }
    const note = 'the dispatcher stopped before it was delivered';
    const given: Verdict = { outcome: 'again', counts: false, notBeforeMs: this.#parts.wallMs(), note };
    this.#freeRoom(run);
    const { policy } = run;
    this.#settle(run, given, settlementOf({ lease: run, verdict: given, outcome: undefined, policy, isFull: false }));
  }

  /** Another may have it: the gateway goes on, and what comes of it is told to nobody here. */
  #lost(run: Run): void {
    if (run.abort.signal.aborted || run.isJudged) return;
    this.#parts.metrics.leaseLost();
    this.#parts.log.warn({ id: run.id, function: `${run.policy.namespace}/${run.policy.name}` }, 'a lease was lost');
    run.abort.abort();
    this.#remove(run);
  }

  /** After its lease was lost, or all was given up. */
  #end(run: Run): void {
    this.#freeRoom(run);
    this.#remove(run);
  }

  #freeRoom(run: Run): void {
    if (run.hasRoom) this.#agenda.ended(run.policy);
    run.hasRoom = false;
  }

  #remove(run: Run): void {
    if (this.#runs.get(run.id) !== run) return;
    this.#runs.delete(run.id);
    this.#leases.remove(run);
    if (run.isOrdered) this.#agenda.wake(run.uid);
    this.#news();
    if (this.#isClosing && this.#runs.size === 0) this.#idle();
  }
}
