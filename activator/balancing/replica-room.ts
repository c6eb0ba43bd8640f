import type { Clock } from '#platform/time/clock.ts';
import { Contention, waitThereMs } from './contention.ts';
import { type BalancedReplica, Rotation } from './rotation.ts';

/** A replica, as it is shared with other gateways; only its room writes these. */
export interface SharedReplica extends BalancedReplica {
  /** Requests that waited at it for a place, in vain, since it last finished one. */
  unsuccessfulWaits: number;
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
  readonly #patience: Contention;
  #inFlight = 0;
  #moreUntilMs = 0;

  constructor({ clock, limit, random, onAgain }: ReplicaRoomParts) {
    this.#rotation = new Rotation(limit, random);
    this.#patience = new Contention(clock, random, onAgain);
  }

  /** Requests that replicas have of this gateway, those included that have left the rotation. */
  get inFlight(): number {
    return this.#inFlight;
  }
  /** What the replicas have of other activators, as far as their refusals tell. */
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

  /** Undefined: none has room, or requests are not to ask those that others fill just now. */
  pick(nowMs: number): R | undefined {
    const isBarred = nowMs < this.#moreUntilMs || this.#patience.isPaused(nowMs);
    return this.#rotation.pick(nowMs) ?? (isBarred ? undefined : this.#rotation.pickCrowded());
  }

  /** Gives a request to it. Returns how long that may wait at the replica for a place; 0: it is to be turned away at once. */
  take(replica: R, nowMs: number): number {
    const mayWait = nowMs >= this.#moreUntilMs && this.#rotation.isShared(replica);
    const waitMs = mayWait ? waitThereMs(replica.unsuccessfulWaits) : 0;
    this.#inFlight += 1;
    this.#rotation.take(replica);
    return waitMs;
  }

  /** A request is over there. */
  finish(replica: R): void {
    replica.unsuccessfulWaits = 0;
    this.release(replica);
  }

  /** It does not have a request any more, with which it may not have begun. */
  release(replica: R): void {
    this.#inFlight -= 1;
    this.#rotation.release(replica);
  }

  /** It had as many as it may, which others must have sent. @param waitedMs how long the request waited there for a place. */
  crowd(replica: R, waitedMs: number, nowMs: number): void {
    this.#rotation.crowd(replica, this.#patience.crowdedUntilMs(nowMs), nowMs);
    if (waitedMs === 0) return;
    // Of several that waited there at the same time each says the same.
    if (waitedMs >= waitThereMs(replica.unsuccessfulWaits)) replica.unsuccessfulWaits += 1;
    this.#patience.pause(nowMs);
  }

  /** A request waits, perhaps only for the end of a pause. @param nowMs as `pick` was asked for that */
  awaitRoom(nowMs: number): void {
    if (nowMs >= this.#moreUntilMs) this.#patience.awaitEnd(nowMs);
    else this.#patience.awaitTime(Math.min(this.#moreUntilMs, this.#rotation.openNextAtMs), nowMs);
  }

  [Symbol.dispose](): void {
    this.#patience[Symbol.dispose]();
  }
}
