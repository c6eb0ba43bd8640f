import type { Clock } from '#platform/time/clock.ts';
import { waitForMoreUntilMs } from '../balancing/contention.ts';
import type { RevisionRef } from '../cold-start/deployment-scale.ts';
import type { ScaleUp } from '../cold-start/scale-up.ts';
import { type FailedStart, StartRetries } from '../cold-start/start-retries.ts';
import type { Demand, Waves } from '../cold-start/waves.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import { nameSilence } from '../errors/queue-errors.ts';
import type { FunctionBudget } from '../queue/fair-share.ts';
import type { RejectionPacer } from '../queue/rejection-pacer.ts';
import { type QueuedRequest, RequestQueue, type WaitingRequest } from '../queue/request-queue.ts';
import type { Replica } from '../replicas/replica.ts';
import type { ReplicaRegistry } from '../replicas/replica-registry.ts';
import { healthOf, NO_PODS, type RevisionHealth } from '../replicas/revision-health.ts';
import type { FunctionConfig } from '../routing/function-config.ts';
import type { ColdTimes } from '../telemetry/cold-start-phases.ts';

export interface PoolParts {
  clock: Clock;
  replicas: ReplicaRegistry;
  wake: ScaleUp;
  refusals: RejectionPacer;
}

/** The function that a pool belongs to. */
export interface PoolOwner {
  readonly parts: PoolParts;
  readonly view: FunctionConfig;
  readonly share: FunctionBudget;
  /** Of its requests, in all pools. */
  readonly demand: Demand;
  /** Plans for all of its starts. */
  readonly waves: Waves;
  /** One more request has begun to wait. */
  waits(): void;
  coldStarted(times: ColdTimes): void;
}

/**
 * One revision of a function: its replicas, the requests that are for it, and what is done to have replicas enough.
 *
 * A queue belongs to a revision, not to the function, so that requests can go to several at once: one that waits for a
 * revision that starts or is full must not hold up those behind it that are for another, and each revision is scaled by
 * what waits for it. Where requests go to one revision at a time, as they do now, all wait in that one's queue and move to
 * the next one's together, in order.
 */
export class RevisionPool implements Disposable {
  /** Undefined: the function has no revision yet, and its requests wait for the first one. */
  readonly revision: string | undefined;
  readonly #owner: PoolOwner;
  /** Undefined until the first request: most functions sleep, and there may be thousands. */
  #made: RequestQueue<Replica> | undefined;
  #found: RevisionHealth = NO_PODS;
  /** Undefined until a start fails. */
  #retries: StartRetries | undefined;
  /** Since when it is being woken without an answer; undefined: nothing waits for that. */
  #wakingSinceMs: number | undefined;
  /** Its scale is being raised. */
  #isWoken = false;

  constructor(revision: string | undefined, owner: PoolOwner) {
    this.revision = revision;
    this.#owner = owner;
  }

  /** How its pods stood at the last look. */
  get found(): RevisionHealth {
    return this.#found;
  }
  /** Of its starts since it is the newest revision; undefined: none has failed. */
  get retries(): StartRetries | undefined {
    return this.#retries;
  }
  get wakingSinceMs(): number | undefined {
    return this.#wakingSinceMs;
  }
  get waiting(): number {
    return this.#made?.waiting ?? 0;
  }
  get inFlight(): number {
    return this.#made?.inFlight ?? 0;
  }
  get requests(): number {
    return this.#made?.requests ?? 0;
  }
  get takenByOthers(): number {
    return this.#made?.takenByOthers ?? 0;
  }
  get waitingSinceMs(): number | undefined {
    return this.#made?.waitingSinceMs;
  }
  /** 0: no request was given to a replica yet. */
  get admittedAtMs(): number {
    return this.#made?.admittedAtMs ?? 0;
  }
  concurrencySeconds(): number {
    return this.#made?.concurrencySeconds() ?? 0;
  }

  /** It is the newest revision, perhaps again: what was seen of its starts before does not count. */
  becomeNewest(): void {
    this.#retries = undefined;
  }

  /** What the status says of the newest revision's starts. @param ageMs how old that failure is. */
  heed(start: FailedStart | undefined, ageMs: number): void {
    if (start === undefined && this.#retries === undefined) return;
    this.#retries ??= new StartRetries();
    this.#retries.told(this.revision, start, { nowMs: this.#owner.parts.clock.nowMs(), ageMs });
  }

  /** What waits is not for the start any more that was under way. */
  startAnew(): void {
    this.#wakingSinceMs = undefined;
  }

  /** Looks at its pods anew; requests go on to the replicas seen before. */
  look(nowMs: number): RevisionHealth {
    const { view, parts } = this.#owner;
    this.#found = healthOf(parts.replicas.of(view.key), this.revision, nowMs);
    this.#noteStart(this.#found, nowMs);
    return this.#found;
  }

  /** Gives requests to the replicas that answered at the last look. */
  serve(nowMs: number): void {
    if (this.#found.answering.length > 0) this.#answersAgain(nowMs);
    if (this.#made === undefined) return;
    const { answering, pods, startingSinceMs } = this.#found;
    const { parts, waves } = this.#owner;
    const coming = startingSinceMs.length + parts.wake.unseen(this.#ref, pods);
    this.#made.setReplicas(answering, waitForMoreUntilMs(answering, coming, waves.requestMs));
  }

  /** Its replicas get no more requests; those that they have they finish. */
  withdraw(): void {
    this.#made?.setReplicas([]);
  }

  /** Requests go here instead of to `before`, those that wait there too. `serve` comes next. */
  takeOver(before: RevisionPool): void {
    if (before.waiting === 0) return;
    this.#wakingSinceMs = before.#wakingSinceMs;
    this.#gate.takeOver(before.#gate);
  }

  enter(visitor: QueuedRequest<Replica>): WaitingRequest<Replica> | undefined {
    return this.#gate.enter(visitor);
  }

  /** Refuses a request that is not to wait with those that do. */
  turnAway(visitor: QueuedRequest<Replica>, failure: GatewayError): void {
    this.#gate.turnAway(visitor, failure);
  }

  /** One that waits here is not there any more; one that waits elsewhere is not touched. */
  leave(place: WaitingRequest<Replica>): void {
    this.#made?.cancel(place);
  }

  finish(replica: Replica): void {
    this.#gate.finish(replica);
  }

  /** A request that was admitted here, with which its replica has not begun. @param to where it waits again, first in line. */
  giveBack(
    visitor: QueuedRequest<Replica>,
    replica: Replica,
    isFull: boolean,
    to: RevisionPool,
  ): WaitingRequest<Replica> | undefined {
    return this.#gate.giveBack(visitor, replica, isFull, to.#gate);
  }

  refuseWaiting(failure: GatewayError): void {
    this.#made?.refuseAll(failure);
  }

  /** What the Function says of limits has changed. */
  update(): void {
    this.#made?.setLimits(this.#owner.view.limits);
  }

  /** For good: each that comes, or comes back, gets this answer. */
  close(failure: GatewayError): void {
    this.#gate.close(failure);
  }

  /** It has no requests, and gets none any more. */
  [Symbol.dispose](): void {
    this.#made?.[Symbol.dispose]();
  }

  /** Something waits: sees to it that there are, or will be, as many replicas as that takes. */
  scaleUp(): void {
    const ref = this.#ref;
    if (ref === undefined) return;
    const { parts, view, demand, waves } = this.#owner;
    const { key, perReplica, maxReplicas } = view;
    if (this.#found.answering.length === 0) this.#wakingSinceMs ??= parts.clock.nowMs();
    this.#isWoken = true;
    const need = waves.want({ key, ref, demand, found: this.#found, perReplica, maxReplicas });
    if (need !== undefined) parts.wake.raise(ref, need, this.#found.pods === 0);
  }

  get #ref(): RevisionRef | undefined {
    const { revision } = this;
    return revision === undefined ? undefined : { namespace: this.#owner.view.namespace, revision };
  }

  get #gate(): RequestQueue<Replica> {
    if (this.#made !== undefined) return this.#made;
    const { parts, view, share } = this.#owner;
    this.#made = new RequestQueue<Replica>(view.limits, {
      clock: parts.clock,
      share,
      hooks: {
        waiting: () => this.#owner.waits(),
        noneWaiting: () => this.#rest(),
        refuse: (visitor, failure) =>
          parts.refusals.refuse(visitor, nameSilence(failure, this.#found, this.#owner.view.latestFailure)),
      },
    });
    this.#made.setReplicas(this.#found.answering);
    return this.#made;
  }

  /** What its pods say of its start. */
  #noteStart({ answering, failure }: RevisionHealth, nowMs: number): void {
    if (answering.length > 0) this.#retries?.answered();
    else if (failure === undefined) this.#retries?.saw(undefined, nowMs);
    else {
      if (this.#retries === undefined) {
        this.#retries = new StartRetries();
        this.#retries.told(this.revision, undefined, { nowMs, ageMs: 0 });
      }
      this.#retries.saw(failure.reason, nowMs);
    }
  }

  #rest(): void {
    this.#wakingSinceMs = undefined;
    const ref = this.#ref;
    if (ref === undefined || !this.#isWoken) return;
    this.#isWoken = false;
    const { parts, waves } = this.#owner;
    waves.rest();
    parts.wake.enough(ref);
  }

  #answersAgain(nowMs: number): void {
    const waitingAtMs = this.#made?.waitingSinceMs;
    const [replica] = this.#found.answering;
    if (this.#wakingSinceMs !== undefined && waitingAtMs !== undefined && replica !== undefined) {
      this.#noteColdStart(waitingAtMs, replica, nowMs);
    }
    this.#wakingSinceMs = undefined;
  }

  #noteColdStart(waitingAtMs: number, { seen }: Replica, answeredAtMs: number): void {
    const scaledAtMs = this.#ref && this.#owner.parts.wake.raisedAtMs(this.#ref);
    this.#owner.coldStarted({ ...seen, waitingAtMs, scaledAtMs, answeredAtMs });
  }
}
