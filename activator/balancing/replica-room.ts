import type { Clock } from '#platform/time/clock.ts';
import { Contention, waitThereMs } from './contention.ts';
import { type BalancedReplica, Rotation } from './rotation.ts';

/** A replica, as it is shared with other gateways; only its room writes these. */
export interface SharedReplica extends BalancedReplica {
  /** Requests that waited in its queue and were rejected, since it last finished one. */
  unsuccessfulWaits: number;
  /** When a request was last sent to wait in its queue. */
  waitsSinceMs: number;
}

export interface ReplicaRoomParts {
  clock: Clock;
  /** Most requests in flight in one replica; 0: no limit. */
  limit: number;
  /** From 0 to below 1. */
  random: () => number;
  /** Called when there may be room again that a request waits for. */
  onAgain: () => void;
}

/** Which replica of one revision has room for a request, as far as this gateway can know it: others fill them as well. */
export class ReplicaRoom<R extends SharedReplica> implements Disposable {
  readonly #rotation: Rotation<R>;
  readonly #contention: Contention;
  #inFlight = 0;
  #moreUntilMs = 0;

  constructor({ clock, limit, random, onAgain }: ReplicaRoomParts) {
    this.#rotation = new Rotation(limit, random);
    this.#contention = new Contention(clock, random, onAgain);
  }

  /** Requests that replicas have of this gateway, those included that have left the rotation. */
  get inFlight(): number {
    return this.#inFlight;
  }
  /** Requests that replicas have from other activators, as far as their rejections show. */
  get takenByOthers(): number {
    return this.#rotation.takenByOthers;
  }

  setLimit(limit: number): void {
    this.#rotation.setLimit(limit);
  }

  /** @param moreUntilMs until then more of them are likely to come, so that it is better to wait for these than at one that is full. */
  setMembers(replicas: readonly R[], moreUntilMs: number): void {
    this.#rotation.setMembers(replicas);
    this.#moreUntilMs = moreUntilMs;
  }

  /** Undefined: none has room, or crowded ones are not to be tried during a pause. */
  pick(nowMs: number): R | undefined {
    const isBarred = nowMs < this.#moreUntilMs || this.#contention.isPaused(nowMs);
    return this.#rotation.pick(nowMs) ?? (isBarred ? undefined : this.#rotation.pickCrowded());
  }

  /** Counts a request as the replica's. Returns how long it may wait in the replica's queue; 0: to be rejected at once if full. */
  take(replica: R, nowMs: number): number {
    const mayWait = nowMs >= this.#moreUntilMs && this.#rotation.isShared(replica);
    const waitMs = mayWait ? waitThereMs(replica.unsuccessfulWaits) : 0;
    if (waitMs > 0) replica.waitsSinceMs = nowMs;
    this.#inFlight += 1;
    this.#rotation.take(replica);
    return waitMs;
  }

  /** A request is over there. */
  finish(replica: R): void {
    replica.unsuccessfulWaits = 0;
    this.release(replica);
  }

  /** A request has left it, whether it had begun with it or not. */
  release(replica: R): void {
    this.#inFlight -= 1;
    this.#rotation.release(replica);
  }

  /** It was at its limit, so other activators must have filled it. @param waitedMs how long the request waited in its queue. */
  crowd(replica: R, waitedMs: number, nowMs: number): void {
    this.#rotation.crowd(replica, this.#contention.crowdedUntilMs(nowMs), nowMs);
    if (waitedMs === 0) return;
    // Several that waited at the same time count as one.
    if (waitedMs >= waitThereMs(replica.unsuccessfulWaits)) replica.unsuccessfulWaits += 1;
    // It is rejected a little sooner than its time by a timer that fires early, and much sooner where too many wait there.
    this.#contention.pause(nowMs, nowMs - replica.waitsSinceMs >= waitedMs / 2);
  }

  /** Calls `onAgain` at the end of a pause, where one is on. @param nowMs the time that `pick` was called with. */
  awaitRoom(nowMs: number): void {
    if (nowMs >= this.#moreUntilMs) this.#contention.awaitEnd(nowMs);
    else this.#contention.awaitTime(Math.min(this.#moreUntilMs, this.#rotation.openNextAtMs), nowMs);
  }

  [Symbol.dispose](): void {
    this.#contention[Symbol.dispose]();
  }
}
