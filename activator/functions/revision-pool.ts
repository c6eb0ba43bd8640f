import { waitForMoreUntilMs } from '../balancing/contention.ts';
import type { RevisionRef } from '../cold-start/deployment-scale.ts';
import { StartRetries } from '../cold-start/start-retries.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import { nameSilence } from '../errors/queue-errors.ts';
import type { QueuedRequest, WaitingRequest } from '../queue/queued-request.ts';
import { RequestQueue } from '../queue/request-queue.ts';
import type { Replica } from '../replicas/replica.ts';
import { healthOf, NO_PODS, type RevisionHealth } from '../replicas/revision-health.ts';
import type { FailedStart } from '../routing/function-config.ts';
import type { PoolOwner } from './pool-owner.ts';

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
  #queue: RequestQueue<Replica> | undefined;
  #health: RevisionHealth = NO_PODS;
  /** Undefined until a start fails. */
  #retries: StartRetries | undefined;
  /** Since when requests wait for its first replica; undefined: none does. */
  #wakingSinceMs: number | undefined;
  /** `scaleUp` was called since requests last began to wait. */
  #isWoken = false;

  constructor(revision: string | undefined, owner: PoolOwner) {
    this.revision = revision;
    this.#owner = owner;
  }

  /** How its pods stood at the last look. */
  get health(): RevisionHealth {
    return this.#health;
  }
  /** Of its starts since it is the newest revision; undefined: none has failed. */
  get retries(): StartRetries | undefined {
    return this.#retries;
  }
  get wakingSinceMs(): number | undefined {
    return this.#wakingSinceMs;
  }
  get waiting(): number {
    return this.#queue?.waiting ?? 0;
  }
  get inFlight(): number {
    return this.#queue?.inFlight ?? 0;
  }
  get requests(): number {
    return this.#queue?.requests ?? 0;
  }
  get takenByOthers(): number {
    return this.#queue?.takenByOthers ?? 0;
  }
  get waitingSinceMs(): number | undefined {
    return this.#queue?.waitingSinceMs;
  }
  /** 0: no request was given to a replica yet. */
  get admittedAtMs(): number {
    return this.#queue?.admittedAtMs ?? 0;
  }
  concurrencySeconds(): number {
    return this.#queue?.concurrencySeconds() ?? 0;
  }

  /** It is the newest revision, perhaps again: earlier failed starts do not count. */
  becomeNewest(): void {
    this.#retries = undefined;
  }

  /** What the status says of the newest revision's starts. @param ageMs how old that failure is. */
  noteStatus(start: FailedStart | undefined, ageMs: number): void {
    if (start === undefined && this.#retries === undefined) return;
    this.#retries ??= new StartRetries();
    this.#retries.noteStatus(this.revision, start, { nowMs: this.#owner.parts.clock.nowMs(), ageMs });
  }

  /** Requests wait for a new start from here on, not for the one that was under way. */
  startAnew(): void {
    this.#wakingSinceMs = undefined;
  }

  /** Reads its pods' health; requests go on to the replicas seen before until `serve`. */
  look(nowMs: number): RevisionHealth {
    const { config, parts } = this.#owner;
    this.#health = healthOf(parts.replicas.of(config.key), this.revision, nowMs);
    this.#noteStart(this.#health, nowMs);
    return this.#health;
  }

  /** Gives requests to the replicas that answered at the last look. */
  serve(nowMs: number): void {
    if (this.#health.answering.length > 0) this.#answersAgain(nowMs);
    if (this.#queue === undefined) return;
    const { answering, pods, startingSinceMs } = this.#health;
    const { parts, waves } = this.#owner;
    const coming = startingSinceMs.length + parts.scaleUp.unseen(this.#ref, pods);
    this.#queue.setReplicas(answering, waitForMoreUntilMs(answering, coming, waves.requestMs));
  }

  /** Its replicas get no more requests; those that they have they finish. */
  withdraw(): void {
    this.#queue?.setReplicas([]);
  }

  /** Requests go here instead of to `before`, those that wait there too. `serve` comes next. */
  takeOver(before: RevisionPool): void {
    if (before.waiting === 0) return;
    this.#wakingSinceMs = before.#wakingSinceMs;
    this.#neededQueue.takeOver(before.#neededQueue);
  }

  enter(request: QueuedRequest<Replica>): WaitingRequest<Replica> | undefined {
    return this.#neededQueue.enter(request);
  }

  /** Counts and refuses a request that must not be enqueued. */
  turnAway(request: QueuedRequest<Replica>, failure: GatewayError): void {
    this.#neededQueue.turnAway(request, failure);
  }

  /** Removes a request that waits here; no effect on one that waits elsewhere. */
  cancel(entry: WaitingRequest<Replica>): void {
    this.#queue?.cancel(entry);
  }

  finish(replica: Replica): void {
    this.#neededQueue.finish(replica);
  }

  /** Takes back a request with which its replica has not begun. @param to where it waits again, by its time of arrival. */
  giveBack(
    request: QueuedRequest<Replica>,
    replica: Replica,
    isFull: boolean,
    to: RevisionPool,
  ): WaitingRequest<Replica> | undefined {
    return this.#neededQueue.giveBack(request, replica, isFull, to.#neededQueue);
  }

  refuseWaiting(failure: GatewayError): void {
    this.#queue?.refuseAll(failure);
  }

  /** The Function's limits have changed. */
  update(): void {
    this.#queue?.setLimits(this.#owner.config.limits);
  }

  /** For good: each that comes, or comes back, gets this answer. */
  close(failure: GatewayError): void {
    this.#neededQueue.close(failure);
  }

  /** It has no requests, and gets none any more. */
  [Symbol.dispose](): void {
    this.#queue?.[Symbol.dispose]();
  }

  /** Raises the scale to what the requests that wait need. */
  scaleUp(): void {
    const ref = this.#ref;
    if (ref === undefined) return;
    const { parts, config, demand, waves } = this.#owner;
    const { key, perReplica, maxReplicas } = config;
    if (this.#health.answering.length === 0) this.#wakingSinceMs ??= parts.clock.nowMs();
    this.#isWoken = true;
    const need = waves.want({ key, ref, demand, health: this.#health, perReplica, maxReplicas });
    if (need !== undefined) parts.scaleUp.raise(ref, need, this.#health.pods === 0);
  }

  get #ref(): RevisionRef | undefined {
    const { revision } = this;
    return revision === undefined ? undefined : { namespace: this.#owner.config.namespace, revision };
  }

  get #neededQueue(): RequestQueue<Replica> {
    if (this.#queue !== undefined) return this.#queue;
    const { parts, config, budget } = this.#owner;
    this.#queue = new RequestQueue<Replica>(config.limits, {
      clock: parts.clock,
      budget,
      hooks: {
        waiting: () => this.#owner.waits(),
        noneWaiting: () => this.#stopScaleUp(),
        refuse: (request, failure) =>
          parts.rejections.refuse(request, nameSilence(failure, this.#health, this.#owner.config.latestFailure)),
      },
    });
    this.#queue.setReplicas(this.#health.answering);
    return this.#queue;
  }

  /** Feeds what its pods show into the retries of its start. */
  #noteStart({ answering, failure }: RevisionHealth, nowMs: number): void {
    if (answering.length > 0) this.#retries?.answered();
    else if (failure === undefined) this.#retries?.notePods(undefined, nowMs);
    else {
      if (this.#retries === undefined) {
        this.#retries = new StartRetries();
        this.#retries.noteStatus(this.revision, undefined, { nowMs, ageMs: 0 });
      }
      this.#retries.notePods(failure.reason, nowMs);
    }
  }

  #stopScaleUp(): void {
    this.#wakingSinceMs = undefined;
    const ref = this.#ref;
    if (ref === undefined || !this.#isWoken) return;
    this.#isWoken = false;
    const { parts, waves } = this.#owner;
    waves.rest();
    parts.scaleUp.enough(ref);
  }

  #answersAgain(nowMs: number): void {
    const waitingAtMs = this.#queue?.waitingSinceMs;
    const [replica] = this.#health.answering;
    const wakingSinceMs = this.#wakingSinceMs;
    this.#wakingSinceMs = undefined;
    if (wakingSinceMs === undefined || waitingAtMs === undefined || replica === undefined) return;
    // One that had answered before and is back has not been started for what waits.
    const isFirstAnswer = (replica.answeredAtMs ?? nowMs) >= wakingSinceMs;
    if (isFirstAnswer) this.#noteColdStart(waitingAtMs, replica, nowMs);
  }

  #noteColdStart(waitingAtMs: number, { seen }: Replica, answeredAtMs: number): void {
    const scaledAtMs = this.#ref && this.#owner.parts.scaleUp.raisedAtMs(this.#ref);
    this.#owner.coldStarted({ ...seen, waitingAtMs, scaledAtMs, answeredAtMs });
  }
}
