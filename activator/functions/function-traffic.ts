import type { StartSample } from '../cold-start/learning.ts';
import { whyNotAlso, whyNotWait } from '../cold-start/prospects.ts';
import { Waves } from '../cold-start/waves.ts';
import type { Decision } from '../errors/decision.ts';
import { type GatewayError, noSuchFunction } from '../errors/gateway-error.ts';
import type { BacklogHint } from '../peers/messages.ts';
import type { Untouched } from '../proxy/retry-pause.ts';
import type { Admissible, FunctionQueue, Target } from '../proxy/target.ts';
import { FunctionBudget, type ProcessBudget } from '../queue/fair-share.ts';
import type { QueuedRequest, WaitingRequest } from '../queue/request-queue.ts';
import type { Replica } from '../replicas/replica.ts';
import type { Suspect } from '../replicas/stuck-replicas.ts';
import type { FunctionConfig } from '../routing/function-config.ts';
import type { AccessLogEntry } from '../telemetry/access-log.ts';
import type { ColdStarts } from '../telemetry/cold-start-metrics.ts';
import type { ColdTimes } from '../telemetry/cold-start-phases.ts';
import { FunctionCounters } from '../telemetry/function-counters.ts';
import { RevisionChoice } from './revision-choice.ts';
import type { PoolOwner, PoolParts, RevisionPool } from './revision-pool.ts';
import { RevisionPools } from './revision-pools.ts';

export interface FunctionTrafficParts extends PoolParts {
  /** What the process holds for all functions. */
  share: ProcessBudget;
  coldStarts: ColdStarts;
  /** Other gateways are to know how much waits here. */
  tellBacklog: (hint: BacklogHint) => void;
}

/**
 * All requests of one function: what its spec and status say, which revision they go to, what is learned and counted. What
 * is one revision's is in its pool.
 */
export class FunctionTraffic implements Target, FunctionQueue, PoolOwner, Disposable {
  readonly parts: FunctionTrafficParts;
  /** What is held for it of the process' memory. */
  readonly share: FunctionBudget;
  readonly #pools: RevisionPools;
  /** Undefined until there is something to count: most functions sleep. */
  #counters: FunctionCounters | undefined;
  #view: FunctionConfig;
  readonly #choice: RevisionChoice;
  /** Undefined until there is something to plan or to learn. */
  #waves: Waves | undefined;
  #cancelLook: (() => void) | undefined;
  #refreshing = false;
  #stale = false;

  constructor(view: FunctionConfig, parts: FunctionTrafficParts) {
    this.#view = view;
    this.parts = parts;
    this.share = new FunctionBudget(parts.share);
    this.#pools = new RevisionPools(this);
    this.#choice = new RevisionChoice(view, this.#pools, parts.clock);
    this.refresh();
  }

  get view(): FunctionConfig {
    return this.#view;
  }
  get demand(): RevisionPools {
    return this.#pools;
  }
  /** Of each revision that requests go to, may go to, or are still with. */
  get loads(): Iterable<RevisionPool> {
    return this.#pools;
  }
  get waiting(): number {
    return this.#pools.waiting;
  }
  get inFlight(): number {
    return this.#pools.inFlight;
  }
  get requests(): number {
    return this.#pools.requests;
  }
  /** Replicas in the rotation. */
  get answering(): number {
    return this.#choice.pool.found.answering.length;
  }
  /** Pods of the revision that requests go to, answering or not. */
  get pods(): number {
    return this.#choice.pool.found.pods;
  }
  /** The revision that requests go to; undefined: there is none yet. */
  get chosen(): string | undefined {
    return this.#choice.pool.revision;
  }
  get counters(): FunctionCounters | undefined {
    return this.#counters;
  }
  concurrencySeconds(): number {
    return this.#pools.concurrencySeconds();
  }
  get learned(): Pick<Waves, 'startMs' | 'requestMs'> | undefined {
    return this.#waves;
  }
  get waves(): Waves {
    if (this.#waves === undefined) {
      const { clock, wake, replicas, tellBacklog } = this.parts;
      const look = () => {
        if (this.waiting > 0) this.#serveWaiting();
      };
      this.#waves = new Waves({ clock, wake, starts: replicas.starts, tell: tellBacklog, look });
      this.#waves.remember(this.#view.learned);
    }
    return this.#waves;
  }

  admit({ exchange, path }: Admissible): Decision {
    exchange.enter(this, path);
    return 'continue';
  }

  enter(visitor: QueuedRequest<Replica>): WaitingRequest<Replica> | undefined {
    const isRetried = this.#view.latestFailure !== undefined && this.waiting > 0;
    const failure = isRetried ? whyNotAlso(this.#choice.prospects()) : undefined;
    if (failure === undefined) return this.#choice.pool.enter(visitor);
    this.#choice.pool.turnAway(visitor, failure);
    return undefined;
  }

  cancel(place: WaitingRequest<Replica>): void {
    for (const pool of this.#pools) pool.leave(place);
  }

  finish(replica: Replica): void {
    this.#poolOf(replica).finish(replica);
  }

  /** The replica has not begun with the request, so another may have it: it waits again, first in line. */
  giveBack(visitor: QueuedRequest<Replica>, replica: Replica, why: Untouched): WaitingRequest<Replica> | undefined {
    // One that is full does answer.
    if (why !== 'full') this.parts.replicas.suspend(this.#view.key, replica);
    return this.#poolOf(replica).giveBack(visitor, replica, why === 'full', this.#choice.pool);
  }

  /** It has begun to answer a request. */
  answered(replica: Replica): void {
    if (replica.failures > 0 || replica.onTrial) this.parts.replicas.trust(this.#view.key, replica);
  }

  /** It did not answer in time, or broke off: it gets no more requests until it has shown that it still can. @param suspect what took too long */
  doubt(replica: Replica, suspect?: Suspect): void {
    this.parts.replicas.suspend(this.#view.key, replica, suspect);
  }

  refuseWaiting(failure: GatewayError): void {
    for (const pool of this.#pools) pool.refuseWaiting(failure);
  }

  /** One of its requests is over. */
  finished(summary: AccessLogEntry): void {
    this.#counting().finished(summary);
    if (summary.status > 0 && summary.code === undefined) this.waves.served(summary.functionMs);
  }

  /** One of its replicas was seen to start. */
  started(sample: StartSample): void {
    this.waves.started(sample);
  }

  coldStarted(times: ColdTimes): void {
    this.#counting().coldStarted(times);
  }

  waits(): void {
    if (!this.#refreshing) this.#serveWaiting();
  }

  /** How much of its waits at another gateway; kept for what may come here. False: nothing waits here. */
  followBacklog(hint: BacklogHint): boolean {
    // Where nothing is planned there is nothing to be taken back.
    if (hint.requests > 0 || this.#waves !== undefined) this.waves.take(hint);
    if (this.waiting === 0) return false;
    this.#serveWaiting();
    return true;
  }

  update(view: FunctionConfig): void {
    this.#view = view;
    this.#choice.heed(view);
    for (const pool of this.#pools) pool.update();
    this.#counters?.keepRevisions([view.latest, view.serving]);
    this.#waves?.remember(view.learned);
    this.refresh();
  }

  /** Looks at the function's pods and its status anew: to be called at each change of either. */
  refresh(): void {
    this.#stale = true;
    // Answering a request may bring about the next change before this one is dealt with.
    if (this.#refreshing) return;
    this.#refreshing = true;
    try {
      while (this.#stale) {
        this.#stale = false;
        this.#lookAgainAt(this.#choice.choose());
        if (this.waiting > 0) this.#serveWaiting();
      }
    } finally {
      this.#refreshing = false;
    }
  }

  /** The function is gone. */
  [Symbol.dispose](): void {
    this.#cancelLook?.();
    this.#waves?.[Symbol.dispose]();
    for (const pool of this.#pools) pool.close(noSuchFunction(this.#view.key));
  }

  /** The one that has admitted what the replica has. */
  #poolOf({ revision }: Replica): RevisionPool {
    const { pool } = this.#choice;
    return pool.revision === revision ? pool : this.#pools.of(revision);
  }

  #counting(): FunctionCounters {
    this.#counters ??= new FunctionCounters(this.parts.coldStarts);
    return this.#counters;
  }

  #lookAgainAt(atMs: number | undefined): void {
    this.#cancelLook?.();
    this.#cancelLook = undefined;
    if (atMs === undefined) return;
    const { clock } = this.parts;
    this.#cancelLook = clock.after(Math.max(0, atMs - clock.nowMs()), () => this.refresh());
  }

  /** Wakes what they wait for, or sends them away when it cannot come. */
  #serveWaiting(): void {
    const failure = whyNotWait(this.#choice.prospects());
    if (failure !== undefined) this.#choice.pool.refuseWaiting(failure);
    else this.#choice.pool.scaleUp();
  }
}
