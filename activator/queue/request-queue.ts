import type { Clock } from '#platform/time/clock.ts';
import { ReplicaRoom, type SharedReplica } from '../balancing/replica-room.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import { dueFailure, gatewayBusy, queueFull } from '../errors/queue-errors.ts';
import { Integral } from '../telemetry/integral.ts';
import type { QueueEntry } from './linked-queue.ts';
import type { QueueParts } from './request-queue-parts.ts';
import { TimedQueue } from './timed-queue.ts';

/** A request at the gate. One of the methods is called, once, each time that it enters or is given back. */
export interface QueuedRequest<R> {
  /** When it came, on the gate's clock; its wait is counted from here. */
  readonly enteredAtMs: number;
  /** What is held of its body while it waits; looked at once, when it begins to. */
  readonly heldBytes: number;
  /** Set before `admit`: how long it may wait at the replica for a place there. 0: it is to be turned away at once. */
  waitMs: number;
  admit(replica: R): void;
  refuse(failure: GatewayError): void;
}

export type WaitingRequest<R> = QueueEntry<QueuedRequest<R>>;

export interface QueueLimits {
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
 * Where the requests for one revision pass: at most `limit` in flight per replica, the rest waits in order of arrival,
 * bounded in number, bytes and time. A request that finds no queue and room passes synchronously.
 */
export class RequestQueue<R extends SharedReplica> implements Disposable {
  readonly #clock: Clock;
  readonly #hooks: QueueParts<R>['hooks'];
  readonly #share: QueueParts<R>['share'];
  readonly #queue: TimedQueue<QueuedRequest<R>>;
  readonly #room: ReplicaRoom<R>;
  /** Of requests in flight or waiting. */
  readonly #integral: Integral;
  #limits: QueueLimits;
  #requests = 0;
  #admittedAtMs = 0;
  #admitting = false;
  /** What all are told from now on; undefined: it is open. */
  #closed: GatewayError | undefined;

  constructor(limits: QueueLimits, { clock, hooks, share, random = Math.random }: QueueParts<R>) {
    this.#clock = clock;
    this.#hooks = hooks;
    this.#share = share;
    this.#limits = limits;
    const onAgain = () => {
      this.#account(clock.nowMs());
      this.#admitWaiting();
    };
    this.#room = new ReplicaRoom({ clock, limit: limits.limit, random, onAgain });
    this.#integral = new Integral(clock.nowMs());
    this.#queue = new TimedQueue(clock, limits.queueTimeoutMs, (place) => this.#refuseDue(place));
  }

  get waiting(): number {
    return this.#queue.size;
  }
  get inFlight(): number {
    return this.#room.inFlight;
  }
  /** What the replicas have of other activators, as far as their refusals tell. */
  get takenByOthers(): number {
    return this.#room.takenByOthers;
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
  setLimits(limits: QueueLimits): void {
    this.#account(this.#clock.nowMs());
    this.#limits = limits;
    this.#room.setLimit(limits.limit);
    this.#admitWaiting();
    this.#queue.setTimeoutMs(limits.queueTimeoutMs);
  }

  /**
   * The replicas that requests may be sent to from now on. What others have in flight they finish.
   * @param moreUntilMs until when more are likely to come, for which requests had better wait than at one that is full.
   */
  setReplicas(replicas: readonly R[], moreUntilMs = 0): void {
    this.#account(this.#clock.nowMs());
    this.#room.setMembers(replicas, moreUntilMs);
    this.#admitWaiting();
  }

  /** Admits, refuses, or gives a place in the queue. */
  enter(visitor: QueuedRequest<R>): WaitingRequest<R> | undefined {
    this.#requests += 1;
    this.#account(visitor.enteredAtMs);
    const failure = this.#whyNot();
    if (failure !== undefined) {
      this.#hooks.refuse(visitor, failure);
      return undefined;
    }
    const replica = this.#queue.size === 0 ? this.#room.pick(visitor.enteredAtMs) : undefined;
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
    this.#room.awaitRoom(visitor.enteredAtMs);
    this.#hooks.waiting();
    return place;
  }

  /** Refuses a request that is not to wait with those that do. */
  turnAway(visitor: QueuedRequest<R>, failure: GatewayError): void {
    this.#requests += 1;
    this.#account(visitor.enteredAtMs);
    this.#hooks.refuse(visitor, failure);
  }

  /** A waiting request is not there any more, for instance because its client left. */
  cancel(place: WaitingRequest<R>): void {
    this.#account(this.#clock.nowMs());
    if (this.#remove(place)) this.#share.closed();
  }

  /** An admitted request is over. */
  finish(replica: R): void {
    this.#account(this.#clock.nowMs());
    this.#room.finish(replica);
    this.#share.closed();
    this.#admitWaiting();
  }

  /**
   * An admitted request comes back, its replica has not begun with it: it is the next one again.
   * @param isFull because the replica has as many as it may, which others must have sent.
   * @param to where it waits now: here, unless requests go to another revision meanwhile.
   */
  giveBack(
    visitor: QueuedRequest<R>,
    replica: R,
    isFull: boolean,
    to: RequestQueue<R> = this,
  ): WaitingRequest<R> | undefined {
    const nowMs = this.#clock.nowMs();
    this.#account(nowMs);
    this.#room.release(replica);
    if (isFull) this.#room.crowd(replica, visitor.waitMs, nowMs);
    if (to !== this) this.#admitWaiting();
    return to.#putBack(visitor, nowMs);
  }

  /**
   * Those that wait at `other` wait here from now on, all in order of their arrival, each in the place that it has. None
   * is admitted by that: the replicas are to be set next.
   */
  takeOver(other: RequestQueue<R>): void {
    if (other.#queue.size === 0) return;
    const nowMs = this.#clock.nowMs();
    this.#account(nowMs);
    other.#account(nowMs);
    this.#queue.takeAll(other.#queue);
    other.#hooks.noneWaiting();
  }

  /** Sends away all that wait. */
  refuseAll(failure: GatewayError): void {
    this.#account(this.#clock.nowMs());
    for (let place = this.#queue.first; place !== undefined; place = this.#queue.first) this.#refuse(place, failure);
  }

  /** For good: sends away all that wait, and each that comes or comes back. */
  close(failure: GatewayError): void {
    this.#closed = failure;
    this.refuseAll(failure);
    this[Symbol.dispose]();
  }

  /** No request has anything to do with it any more. */
  [Symbol.dispose](): void {
    this.#queue[Symbol.dispose]();
    this.#room[Symbol.dispose]();
  }

  /** Why no request is let in now; undefined: they are. */
  #whyNot(): GatewayError | undefined {
    if (this.#closed !== undefined) return this.#closed;
    if (!this.#share.mayOpen()) return gatewayBusy('requests');
    return this.#share.mayKeep(0) ? undefined : gatewayBusy('bodies');
  }

  /** A request's own time of entry may lie a moment before something that was counted in between. */
  #account(atMs: number): void {
    this.#integral.add(this.inFlight + this.waiting, atMs);
  }

  #putBack(visitor: QueuedRequest<R>, nowMs: number): WaitingRequest<R> | undefined {
    this.#account(nowMs);
    if (this.#closed !== undefined) {
      this.#share.closed();
      this.#hooks.refuse(visitor, this.#closed);
      return undefined;
    }
    const { heldBytes } = visitor;
    this.#share.kept(heldBytes);
    const place = this.#queue.putBack(visitor, heldBytes);
    this.#hooks.waiting();
    this.#admitWaiting();
    return place;
  }

  #remove(place: WaitingRequest<R>): boolean {
    if (!this.#queue.remove(place)) return false;
    this.#share.kept(-place.weight);
    if (this.#queue.size === 0) this.#hooks.noneWaiting();
    return true;
  }

  #refuse(place: WaitingRequest<R>, failure: GatewayError): void {
    this.#remove(place);
    this.#share.closed();
    this.#hooks.refuse(place.value, failure);
  }

  #admit(visitor: QueuedRequest<R>, replica: R): void {
    visitor.waitMs = this.#room.take(replica, this.#integral.countedAtMs);
    this.#admittedAtMs = this.#integral.countedAtMs;
    visitor.admit(replica);
  }

  /** Not again while it runs: a request may be over, or back, before `admit` returns. */
  #admitWaiting(): void {
    if (this.#admitting || this.#queue.size === 0) return;
    this.#admitting = true;
    const nowMs = this.#integral.countedAtMs;
    try {
      for (let place = this.#queue.first; place !== undefined; place = this.#queue.first) {
        const replica = this.#room.pick(nowMs);
        if (replica === undefined) break;
        this.#remove(place);
        this.#admit(place.value, replica);
      }
    } finally {
      this.#admitting = false;
    }
    if (this.#queue.size > 0) this.#room.awaitRoom(nowMs);
  }

  #refuseDue(place: WaitingRequest<R>): void {
    this.#account(this.#clock.nowMs());
    this.#refuse(place, dueFailure(this.#limits.queueTimeoutMs));
  }
}
