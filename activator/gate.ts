import type { Clock } from '#platform/clock.ts';
import { leastBusy } from './balance.ts';
import type { Failure } from './failure.ts';
import { Fifo, type Place } from './fifo.ts';

/** A replica, as the gate counts it; the gate alone writes `inFlight`. */
export interface GateReplica {
  inFlight: number;
}

/** A request at the gate. One of the methods is called, once, each time that it enters or is given back. */
export interface Visitor<R> {
  /** When it came, on the gate's clock; its wait is counted from here. */
  readonly enteredAtMs: number;
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
 * bounded in number and time. A request that finds no queue and room passes synchronously.
 */
export class Gate<R extends GateReplica> implements Disposable {
  readonly #clock: Clock;
  readonly #onWaiting: () => void;
  readonly #onNoneWaiting: () => void;
  readonly #queue = new Fifo<Visitor<R>>();
  #limits: GateLimits;
  #replicas: readonly R[] = [];
  #inFlight = 0;
  #requests = 0;
  #turn = 0;
  #busyMs = 0;
  #countedAtMs: number;
  #admitting = false;
  #cancelTimer: (() => void) | undefined;

  /**
   * @param onWaiting called synchronously whenever one more request has begun to wait.
   * @param onNoneWaiting called synchronously when the last one that waited is admitted, refused or gone.
   */
  constructor(clock: Clock, limits: GateLimits, onWaiting: () => void, onNoneWaiting: () => void) {
    this.#clock = clock;
    this.#limits = limits;
    this.#onWaiting = onWaiting;
    this.#onNoneWaiting = onNoneWaiting;
    this.#countedAtMs = clock.nowMs();
  }

  get waiting(): number {
    return this.#queue.size;
  }
  get inFlight(): number {
    return this.#inFlight;
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
    return this.#busyMs / 1000;
  }

  /** In force at once, for those that wait too; a smaller queue sends nobody away who has a place. */
  setLimits(limits: GateLimits): void {
    this.#limits = limits;
    this.#admitWaiting();
    this.#resetTimer();
  }

  /** The replicas that requests may be sent to from now on. What others have in flight they finish. */
  setReplicas(replicas: readonly R[]): void {
    this.#replicas = replicas;
    this.#admitWaiting();
  }

  /** Admits, refuses, or gives a place in the queue. */
  enter(visitor: Visitor<R>): Waiting<R> | undefined {
    this.#requests += 1;
    this.#account(visitor.enteredAtMs);
    const replica = this.#queue.size === 0 ? this.#room() : undefined;
    if (replica !== undefined) {
      this.#admit(visitor, replica);
      return undefined;
    }
    if (this.#queue.size >= this.#limits.queueSize) {
      visitor.refuse({
        code: 'QueueFull',
        message: `${this.#queue.size} requests wait for this function already, as many as spec.queue.size allows`,
      });
      return undefined;
    }
    const place = this.#queue.append(visitor);
    this.#armTimer();
    this.#onWaiting();
    return place;
  }

  /** A waiting request is not there any more, for instance because its client left. */
  leave(place: Waiting<R>): void {
    this.#account(this.#clock.nowMs());
    this.#remove(place);
  }

  /** An admitted request is over. */
  finish(replica: R): void {
    this.#account(this.#clock.nowMs());
    this.#inFlight -= 1;
    replica.inFlight -= 1;
    this.#admitWaiting();
  }

  /** An admitted request comes back, its replica has not begun with it: it is the next one again. */
  giveBack(visitor: Visitor<R>, replica: R): Waiting<R> {
    this.#account(this.#clock.nowMs());
    this.#inFlight -= 1;
    replica.inFlight -= 1;
    const place = this.#queue.prepend(visitor);
    this.#resetTimer();
    this.#onWaiting();
    this.#admitWaiting();
    return place;
  }

  /** Sends away all that wait. */
  refuseAll(failure: Failure): void {
    this.#account(this.#clock.nowMs());
    for (let place = this.#queue.first; place !== undefined; place = this.#queue.first) {
      this.#remove(place);
      place.value.refuse(failure);
    }
  }

  [Symbol.dispose](): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #account(atMs: number): void {
    // A request's own time of entry may lie a moment before something that was counted in between.
    const nowMs = Math.max(atMs, this.#countedAtMs);
    this.#busyMs += (this.#inFlight + this.#queue.size) * (nowMs - this.#countedAtMs);
    this.#countedAtMs = nowMs;
  }

  #room(): R | undefined {
    this.#turn = (this.#turn + 1) & 0xffff;
    return leastBusy(this.#replicas, this.#limits.limit, this.#turn);
  }

  #remove(place: Waiting<R>): void {
    if (this.#queue.remove(place) && this.#queue.size === 0) this.#onNoneWaiting();
  }

  #admit(visitor: Visitor<R>, replica: R): void {
    this.#inFlight += 1;
    replica.inFlight += 1;
    visitor.admit(replica);
  }

  /** Not again while it runs: a request may be over, or back, before `admit` returns. */
  #admitWaiting(): void {
    if (this.#admitting) return;
    this.#admitting = true;
    try {
      for (let place = this.#queue.first; place !== undefined; place = this.#queue.first) {
        const replica = this.#room();
        if (replica === undefined) break;
        this.#remove(place);
        this.#admit(place.value, replica);
      }
    } finally {
      this.#admitting = false;
    }
  }

  #resetTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#armTimer();
  }

  /** One timer, for the first in the queue: all may wait equally long, so nobody behind it is due before. */
  #armTimer(): void {
    const first = this.#queue.first;
    if (this.#cancelTimer !== undefined || first === undefined) return;
    const dueInMs = first.value.enteredAtMs + this.#limits.queueTimeoutMs - this.#clock.nowMs();
    this.#cancelTimer = this.#clock.after(Math.max(0, dueInMs), () => {
      this.#cancelTimer = undefined;
      this.#refuseDue();
      this.#armTimer();
    });
  }

  #refuseDue(): void {
    const nowMs = this.#clock.nowMs();
    this.#account(nowMs);
    const { queueTimeoutMs } = this.#limits;
    for (let place = this.#queue.first; place !== undefined; place = this.#queue.first) {
      if (nowMs - place.value.enteredAtMs < queueTimeoutMs) return;
      this.#remove(place);
      place.value.refuse({
        code: 'QueueTimeout',
        message: `no replica had room within ${queueTimeoutMs / 1000} s (spec.queue.timeoutSeconds)`,
      });
    }
  }
}
