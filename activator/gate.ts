import type { Clock } from '#platform/time/clock.ts';
import { Rotation, type Seat } from './balance.ts';
import type { Failure } from './failure.ts';
import type { Place } from './fifo.ts';
import type { GateParts } from './gate-parts.ts';
import { Integral } from './integral.ts';
import { Line } from './line.ts';
import { Patience, waitThereMs } from './patience.ts';
import { dueFailure, gatewayBusy, queueFull } from './turned-away.ts';

/** A replica, as the gate counts it; only the gate writes these. */
export interface GateReplica extends Seat {
  /** Requests that waited at it for a place, in vain, since it last finished one. */
  waitedInVain: number;
}

/** A request at the gate. One of the methods is called, once, each time that it enters or is given back. */
export interface Visitor<R> {
  /** When it came, on the gate's clock; its wait is counted from here. */
  readonly enteredAtMs: number;
  /** What is held of its body while it waits; looked at once, when it begins to. */
  readonly heldBytes: number;
  /** Set before `admit`: how long it may wait at the replica for a place there. 0: it is to be turned away at once. */
  waitMs: number;
  admit(replica: R): void;
  refuse(failure: Failure): void;
}

export type Waiting<R> = Place<Visitor<R>>;

export interface GateLimits {
  /** Requests in flight per replica; 0: no limit. */
  limit: number;
  /** Requests that may wait. */
  queueSize: number;
  /** Bytes of their bodies that may be held for those that wait; 0: no limit. */
  queueMaxBytes: number;
  /** Longest wait. */
  queueTimeoutMs: number;
}

/**
 * Where all requests of one function pass: at most `limit` in flight per replica, the rest waits in order of arrival,
 * bounded in number, bytes and time. A request that finds no queue and room passes synchronously.
 */
export class Gate<R extends GateReplica> {
  readonly #clock: Clock;
  readonly #hooks: GateParts<R>['hooks'];
  readonly #share: GateParts<R>['share'];
  readonly #queue: Line<Visitor<R>>;
  readonly #rotation: Rotation<R>;
  readonly #patience: Patience;
  /** Of requests in flight or waiting. */
  readonly #integral: Integral;
  #limits: GateLimits;
  #inFlight = 0;
  #requests = 0;
  #admittedAtMs = 0;
  #admitting = false;
  /** What all are told from now on; undefined: it is open. */
  #closed: Failure | undefined;

  constructor(limits: GateLimits, { clock, hooks, share, random = Math.random }: GateParts<R>) {
    this.#clock = clock;
    this.#hooks = hooks;
    this.#share = share;
    this.#limits = limits;
    this.#rotation = new Rotation(limits.limit, random);
    this.#patience = new Patience(clock, random, () => this.#goOn());
    this.#integral = new Integral(clock.nowMs());
    this.#queue = new Line(clock, limits.queueTimeoutMs, (place) => this.#refuseDue(place));
  }

  get waiting(): number {
    return this.#queue.size;
  }
  get inFlight(): number {
    return this.#inFlight;
  }
  /** What the replicas have of other activators, as far as their refusals tell. */
  get takenByOthers(): number {
    return this.#rotation.takenByOthers;
  }
  /** When a request was last given to a replica, on the gate's clock. */
  get admittedAtMs(): number {
    return this.#admittedAtMs;
  }
  /** All that ever entered, refused ones included. */
  get requests(): number {
    return this.#requests;
  }
  /** When the request came that waits longest. */
  get waitingSinceMs(): number | undefined {
    return this.#queue.first?.value.enteredAtMs;
  }

  /** The exact integral of requests in flight or waiting over time, in request-seconds, from the gate's making until now. */
  concurrencySeconds(): number {
    this.#account(this.#clock.nowMs());
    return this.#integral.seconds;
  }

  /** In force at once, for those that wait too; a smaller queue sends nobody away who has a place. */
  setLimits(limits: GateLimits): void {
    this.#limits = limits;
    this.#rotation.setLimit(limits.limit);
    this.#admitWaiting();
    this.#queue.setTimeoutMs(limits.queueTimeoutMs);
  }

  /** The replicas that requests may be sent to from now on. What others have in flight they finish. */
  setReplicas(replicas: readonly R[]): void {
    this.#rotation.setMembers(replicas);
    this.#admitWaiting();
  }

  /** Admits, refuses, or gives a place in the queue. */
  enter(visitor: Visitor<R>): Waiting<R> | undefined {
    this.#requests += 1;
    this.#account(visitor.enteredAtMs);
    if (this.#closed !== undefined) {
      this.#hooks.refuse(visitor, this.#closed);
      return undefined;
    }
    if (!this.#share.mayOpen()) {
      this.#hooks.refuse(visitor, gatewayBusy('requests'));
      return undefined;
    }
    if (!this.#share.mayKeep(0)) {
      this.#hooks.refuse(visitor, gatewayBusy('bodies'));
      return undefined;
    }
    const replica = this.#queue.size === 0 ? this.#room(visitor.enteredAtMs) : undefined;
    if (replica !== undefined) {
      this.#share.opened();
      this.#admit(visitor, replica);
      return undefined;
    }
    const { heldBytes } = visitor;
    const full = queueFull(this.#queue.size, this.#queue.weight + heldBytes, this.#limits);
    if (full !== undefined || !this.#share.mayKeep(heldBytes)) {
      this.#hooks.refuse(visitor, full ?? gatewayBusy('bodies'));
      return undefined;
    }
    this.#share.opened();
    this.#share.kept(heldBytes);
    const place = this.#queue.append(visitor, heldBytes);
    this.#patience.awaitEnd(visitor.enteredAtMs);
    this.#hooks.waiting();
    return place;
  }

  /** Refuses a request that is not to wait with those that do. */
  turnAway(visitor: Visitor<R>, failure: Failure): void {
    this.#requests += 1;
    this.#account(visitor.enteredAtMs);
    this.#hooks.refuse(visitor, failure);
  }

  /** A waiting request is not there any more, for instance because its client left. */
  leave(place: Waiting<R>): void {
    this.#account(this.#clock.nowMs());
    if (this.#remove(place)) this.#share.closed();
  }

  /** An admitted request is over. */
  finish(replica: R): void {
    this.#account(this.#clock.nowMs());
    replica.waitedInVain = 0;
    this.#release(replica);
    this.#share.closed();
    this.#admitWaiting();
  }

  /**
   * An admitted request comes back, its replica has not begun with it: it is the next one again.
   * @param isFull because the replica has as many as it may, which others must have sent.
   */
  giveBack(visitor: Visitor<R>, replica: R, isFull: boolean): Waiting<R> | undefined {
    const nowMs = this.#clock.nowMs();
    this.#account(nowMs);
    this.#release(replica);
    if (this.#closed !== undefined) {
      this.#share.closed();
      this.#hooks.refuse(visitor, this.#closed);
      return undefined;
    }
    if (isFull) this.#crowd(replica, visitor.waitMs > 0, nowMs);
    const { heldBytes } = visitor;
    this.#share.kept(heldBytes);
    const place = this.#queue.putBack(visitor, heldBytes);
    this.#hooks.waiting();
    this.#admitWaiting();
    return place;
  }

  /** Sends away all that wait. */
  refuseAll(failure: Failure): void {
    this.#account(this.#clock.nowMs());
    for (let place = this.#queue.first; place !== undefined; place = this.#queue.first) this.#refuse(place, failure);
  }

  /** For good: sends away all that wait, and each that comes or comes back. */
  close(failure: Failure): void {
    this.#closed = failure;
    this.refuseAll(failure);
    this.#queue[Symbol.dispose]();
    this.#patience[Symbol.dispose]();
  }

  /** A request's own time of entry may lie a moment before something that was counted in between. */
  #account(atMs: number): void {
    this.#integral.add(this.#inFlight + this.#queue.size, atMs);
  }

  #room(nowMs: number): R | undefined {
    return this.#rotation.pick(nowMs) ?? (this.#patience.isPaused(nowMs) ? undefined : this.#rotation.pickCrowded());
  }

  #crowd(replica: R, hadWaited: boolean, nowMs: number): void {
    this.#rotation.crowd(replica, this.#patience.crowdedUntilMs(nowMs), nowMs);
    if (!hadWaited) return;
    replica.waitedInVain += 1;
    this.#patience.pause(nowMs);
  }

  #remove(place: Waiting<R>): boolean {
    if (!this.#queue.remove(place)) return false;
    this.#share.kept(-place.weight);
    if (this.#queue.size === 0) this.#hooks.noneWaiting();
    return true;
  }

  #refuse(place: Waiting<R>, failure: Failure): void {
    this.#remove(place);
    this.#share.closed();
    this.#hooks.refuse(place.value, failure);
  }

  #admit(visitor: Visitor<R>, replica: R): void {
    visitor.waitMs = replica.list === 'crowded' ? waitThereMs(replica.waitedInVain) : 0;
    this.#inFlight += 1;
    this.#admittedAtMs = this.#integral.countedAtMs;
    this.#rotation.take(replica);
    visitor.admit(replica);
  }

  #release(replica: R): void {
    this.#inFlight -= 1;
    this.#rotation.release(replica);
  }

  /** Not again while it runs: a request may be over, or back, before `admit` returns. */
  #admitWaiting(): void {
    if (this.#admitting || this.#queue.size === 0) return;
    this.#admitting = true;
    const nowMs = this.#integral.countedAtMs;
    try {
      for (let place = this.#queue.first; place !== undefined; place = this.#queue.first) {
        const replica = this.#room(nowMs);
        if (replica === undefined) break;
        this.#remove(place);
        this.#admit(place.value, replica);
      }
    } finally {
      this.#admitting = false;
    }
    if (this.#queue.size > 0) this.#patience.awaitEnd(nowMs);
  }

  #goOn(): void {
    this.#account(this.#clock.nowMs());
    this.#admitWaiting();
  }

  #refuseDue(place: Waiting<R>): void {
    this.#account(this.#clock.nowMs());
    this.#refuse(place, dueFailure(this.#limits.queueTimeoutMs));
  }
}
