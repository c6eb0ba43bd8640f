import type { Clock } from '#platform/time/clock.ts';
import { ReplicaRoom, type SharedReplica } from '../balancing/replica-room.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import { dueFailure, gatewayBusy, queueFull } from '../errors/queue-errors.ts';
import type { QueueLimits } from '../routing/function-config.ts';
import { Integral } from '../telemetry/integral.ts';
import type { QueuedRequest, WaitingRequest } from './queued-request.ts';
import type { QueueParts } from './request-queue-parts.ts';
import { TimedQueue } from './timed-queue.ts';

/**
 * Admission to one revision: at most `limit` requests in flight per replica; the rest wait in order of arrival, bounded in
 * number, bytes and time. A request that finds room and no queue is admitted synchronously.
 *
 * Longer than 250 lines: every step keeps the same three counts, of the integral, the budget and the room.
 */
export class RequestQueue<R extends SharedReplica> implements Disposable {
  readonly #clock: Clock;
  readonly #hooks: QueueParts<R>['hooks'];
  readonly #budget: QueueParts<R>['budget'];
  readonly #queue: TimedQueue<QueuedRequest<R>>;
  readonly #room: ReplicaRoom<R>;
  /** Of requests in flight or waiting. */
  readonly #integral: Integral;
  #limits: QueueLimits;
  #requests = 0;
  #admittedAtMs = 0;
  #admitting = false;
  /** Once closed, the answer to every request; undefined: open. */
  #closed: GatewayError | undefined;

  constructor(limits: QueueLimits, { clock, hooks, budget, random = Math.random }: QueueParts<R>) {
    this.#clock = clock;
    this.#hooks = hooks;
    this.#budget = budget;
    this.#limits = limits;
    const onAgain = () => {
      this.#account(clock.nowMs());
      this.#admitWaiting();
    };
    this.#room = new ReplicaRoom({ clock, limit: limits.limit, random, onAgain });
    this.#integral = new Integral(clock.nowMs());
    this.#queue = new TimedQueue(clock, limits.queueTimeoutMs, (entry) => this.#refuseDue(entry));
  }

  get waiting(): number {
    return this.#queue.size;
  }
  get inFlight(): number {
    return this.#room.inFlight;
  }
  /** Requests that replicas have from other activators, as far as their rejections show. */
  get takenByOthers(): number {
    return this.#room.takenByOthers;
  }
  /** When a request was last given to a replica, on the queue's clock. */
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

  /** The exact integral of requests in flight or waiting over time, in request-seconds, since the queue was made. */
  concurrencySeconds(): number {
    this.#account(this.#clock.nowMs());
    return this.#integral.seconds;
  }

  /** In force at once, for those that wait too; requests that already wait stay when the queue gets smaller. */
  setLimits(limits: QueueLimits): void {
    this.#account(this.#clock.nowMs());
    this.#limits = limits;
    this.#room.setLimit(limits.limit);
    this.#admitWaiting();
    this.#queue.setTimeoutMs(limits.queueTimeoutMs);
  }

  /**
   * The replicas that requests may be sent to from now on; replicas that are dropped finish what they have.
   * @param moreUntilMs until when more are likely to come, for which requests had better wait than at one that is full.
   */
  setReplicas(replicas: readonly R[], moreUntilMs = 0): void {
    this.#account(this.#clock.nowMs());
    this.#room.setMembers(replicas, moreUntilMs);
    this.#admitWaiting();
  }

  /** Admits, refuses, or enqueues. Undefined: admitted or refused. */
  enter(request: QueuedRequest<R>): WaitingRequest<R> | undefined {
    this.#requests += 1;
    this.#account(request.enteredAtMs);
    const failure = this.#whyNot();
    if (failure !== undefined) {
      this.#hooks.refuse(request, failure);
      return undefined;
    }
    const replica = this.#queue.size === 0 ? this.#room.pick(request.enteredAtMs) : undefined;
    if (replica !== undefined) {
      this.#budget.opened();
      this.#admit(request, replica);
      return undefined;
    }
    const { heldBytes } = request;
    const full = queueFull(this.#queue.size, this.#queue.weight + heldBytes, this.#limits);
    if (full !== undefined || !this.#budget.mayKeep(heldBytes)) {
      this.#hooks.refuse(request, full ?? gatewayBusy('bodies'));
      return undefined;
    }
    this.#budget.opened();
    this.#budget.kept(heldBytes);
    const entry = this.#queue.append(request, heldBytes);
    this.#room.awaitRoom(request.enteredAtMs);
    this.#hooks.waiting();
    return entry;
  }

  /** Counts and refuses a request that must not be enqueued. */
  turnAway(request: QueuedRequest<R>, failure: GatewayError): void {
    this.#requests += 1;
    this.#account(request.enteredAtMs);
    this.#hooks.refuse(request, failure);
  }

  /** Removes a waiting request, for instance because its client left; no effect on one that waits no more. */
  cancel(entry: WaitingRequest<R>): void {
    this.#account(this.#clock.nowMs());
    if (this.#remove(entry)) this.#budget.closed();
  }

  /** An admitted request is over. */
  finish(replica: R): void {
    this.#account(this.#clock.nowMs());
    this.#room.finish(replica);
    this.#budget.closed();
    this.#admitWaiting();
  }

  /**
   * An admitted request comes back whose replica has not begun with it; it keeps its place in order of arrival.
   * @param isFull the replica was at its limit, so other activators must have filled it.
   * @param to the queue it goes to: this one, unless requests go to another revision by now.
   */
  giveBack(
    request: QueuedRequest<R>,
    replica: R,
    isFull: boolean,
    to: RequestQueue<R> = this,
  ): WaitingRequest<R> | undefined {
    const nowMs = this.#clock.nowMs();
    this.#account(nowMs);
    this.#room.release(replica);
    if (isFull) this.#room.crowd(replica, request.waitMs, nowMs);
    if (to !== this) this.#admitWaiting();
    return to.#putBack(request, nowMs);
  }

  /**
   * Moves all that wait in `other` here, merged by arrival; their entries stay valid. Admits none: `setReplicas` is to be
   * called next.
   */
  takeOver(other: RequestQueue<R>): void {
    if (other.#queue.size === 0) return;
    const nowMs = this.#clock.nowMs();
    this.#account(nowMs);
    other.#account(nowMs);
    this.#queue.takeAll(other.#queue);
    other.#hooks.noneWaiting();
  }

  /** Refuses all that wait. */
  refuseAll(failure: GatewayError): void {
    this.#account(this.#clock.nowMs());
    for (let entry = this.#queue.first; entry !== undefined; entry = this.#queue.first) this.#refuse(entry, failure);
  }

  /** For good: refuses all that wait, and each that comes or comes back. */
  close(failure: GatewayError): void {
    this.#closed = failure;
    this.refuseAll(failure);
    this[Symbol.dispose]();
  }

  /** Stops its timers. To be called once no request waits or is in flight. */
  [Symbol.dispose](): void {
    this.#queue[Symbol.dispose]();
    this.#room[Symbol.dispose]();
  }

  /** Why requests are refused now; undefined: they are not. */
  #whyNot(): GatewayError | undefined {
    if (this.#closed !== undefined) return this.#closed;
    if (!this.#budget.mayOpen()) return gatewayBusy('requests');
    return this.#budget.mayKeep(0) ? undefined : gatewayBusy('bodies');
  }

  /** Counts up to `atMs`; the integral ignores a time before the last one, as a request's time of entry may be. */
  #account(atMs: number): void {
    this.#integral.add(this.inFlight + this.waiting, atMs);
  }

  #putBack(request: QueuedRequest<R>, nowMs: number): WaitingRequest<R> | undefined {
    this.#account(nowMs);
    if (this.#closed !== undefined) {
      this.#budget.closed();
      this.#hooks.refuse(request, this.#closed);
      return undefined;
    }
    const { heldBytes } = request;
    this.#budget.kept(heldBytes);
    const entry = this.#queue.putBack(request, heldBytes);
    this.#hooks.waiting();
    this.#admitWaiting();
    return entry;
  }

  #remove(entry: WaitingRequest<R>): boolean {
    if (!this.#queue.remove(entry)) return false;
    this.#budget.kept(-entry.weight);
    if (this.#queue.size === 0) this.#hooks.noneWaiting();
    return true;
  }

  #refuse(entry: WaitingRequest<R>, failure: GatewayError): void {
    this.#remove(entry);
    this.#budget.closed();
    this.#hooks.refuse(entry.value, failure);
  }

  #admit(request: QueuedRequest<R>, replica: R): void {
    request.waitMs = this.#room.take(replica, this.#integral.countedAtMs);
    this.#admittedAtMs = this.#integral.countedAtMs;
    request.admit(replica);
  }

  /** Not reentrant: a request may finish or come back before `admit` returns. */
  #admitWaiting(): void {
    if (this.#admitting || this.#queue.size === 0) return;
    this.#admitting = true;
    const nowMs = this.#integral.countedAtMs;
    try {
      for (let entry = this.#queue.first; entry !== undefined; entry = this.#queue.first) {
        const replica = this.#room.pick(nowMs);
        if (replica === undefined) break;
        this.#remove(entry);
        this.#admit(entry.value, replica);
      }
    } finally {
      this.#admitting = false;
    }
    if (this.#queue.size > 0) this.#room.awaitRoom(nowMs);
  }

  #refuseDue(entry: WaitingRequest<R>): void {
    this.#account(this.#clock.nowMs());
    this.#refuse(entry, dueFailure(this.#limits.queueTimeoutMs));
  }
}
