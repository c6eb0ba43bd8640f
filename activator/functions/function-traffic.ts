import type { ClusterStarts } from '../cold-start/cluster-starts.ts';
import { whyNotAlso, whyNotWait } from '../cold-start/prospects.ts';
import { Waves } from '../cold-start/waves.ts';
import type { Decision } from '../errors/decision.ts';
import { type GatewayError, noSuchFunction } from '../errors/gateway-error.ts';
import type { BacklogHint } from '../peers/messages.ts';
import type { TokenChecks } from '../policy/access/jwt.ts';
import { compilePolicies } from '../policy/compile-policies.ts';
import type { PolicyChain } from '../policy/policy-chain.ts';
import { FunctionLimits, type LimitStores } from '../policy/rate-limits/function-limits.ts';
import { FunctionBudget, type ProcessBudget } from '../queue/fair-share.ts';
import type { QueuedRequest, WaitingRequest } from '../queue/queued-request.ts';
import type { Replica } from '../replicas/replica.ts';
import type { StartSample } from '../replicas/start-times.ts';
import type { Suspect } from '../replicas/stuck-replicas.ts';
import type { FunctionConfig } from '../routing/function-config.ts';
import type { AccessLogEntry } from '../telemetry/access-log.ts';
import type { ColdStarts } from '../telemetry/cold-start-metrics.ts';
import type { ColdTimes } from '../telemetry/cold-start-phases.ts';
import { FunctionCounters } from '../telemetry/function-counters.ts';
import type { RevisionLoad } from '../telemetry/function-metrics.ts';
import type { PoolOwner, PoolParts } from './pool-owner.ts';
import { RevisionChoice } from './revision-choice.ts';
import type { RevisionPool } from './revision-pool.ts';
import { RevisionPools } from './revision-pools.ts';
import type { Admissible, FunctionQueue, NotStarted, Target, TargetFunction } from './target.ts';

export interface FunctionTrafficParts extends PoolParts {
  /** What the process holds for all functions. */
  budget: ProcessBudget;
  coldStarts: ColdStarts;
  /** What tokens of callers are checked with. */
  tokens: TokenChecks;
  /** Where the limits of all functions are kept. */
  rateLimits: LimitStores;
  /** What is learned from starts of all functions. */
  starts: ClusterStarts;
  /** Sends other gateways how much waits here. */
  sendBacklog: (hint: BacklogHint) => void;
}

/**
 * All requests of one function: what its spec and status say, which revision they go to, what is learned and counted. What
 * is one revision's is in its pool. Longer than 250 lines: half of them pass on what is asked of the function's parts.
 */
export class FunctionTraffic implements Target, FunctionQueue, PoolOwner, Disposable {
  readonly parts: FunctionTrafficParts;
  /** Its part of the process' memory. */
  readonly budget: FunctionBudget;
  readonly #pools: RevisionPools;
  /** Undefined until there is something to count: most functions sleep. */
  #counters: FunctionCounters | undefined;
  #config: FunctionConfig;
  #policies: PolicyChain | undefined;
  /** Undefined: its spec has none. */
  #limits: FunctionLimits | undefined;
  readonly #choice: RevisionChoice;
  /** Undefined until there is something to plan or to learn. */
  #waves: Waves | undefined;
  #cancelLook: (() => void) | undefined;
  #refreshing = false;
  #stale = false;

  constructor(config: FunctionConfig, parts: FunctionTrafficParts) {
    this.#config = config;
    this.parts = parts;
    this.#policies = this.#compiled(config);
    this.budget = new FunctionBudget(parts.budget);
    this.#pools = new RevisionPools(this);
    this.#choice = new RevisionChoice(config, this.#pools, parts.clock);
    this.refresh();
  }

  get config(): FunctionConfig {
    return this.#config;
  }
  get fn(): TargetFunction {
    return this;
  }
  get policies(): PolicyChain | undefined {
    return this.#policies;
  }
  get demand(): RevisionPools {
    return this.#pools;
  }
  /** Of each revision that requests go to, may go to, are still with, or were with not long ago. */
  get loads(): Iterable<RevisionLoad> {
    return this.#pools.loads;
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
    return this.#choice.pool.health.answering.length;
  }
  /** Pods of the revision that requests go to, answering or not. */
  get pods(): number {
    return this.#choice.pool.health.pods;
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
      const { clock, scaleUp, starts, sendBacklog } = this.parts;
      const look = () => {
        if (this.waiting > 0) this.#serveWaiting();
      };
      this.#waves = new Waves({ clock, scaleUp, starts, send: sendBacklog, look });
      this.#waves.remember(this.#config.learned);
    }
    return this.#waves;
  }

  admit({ exchange, path }: Admissible): Decision {
    exchange.enter(this, path);
    return 'continue';
  }

  enter(request: QueuedRequest<Replica>): WaitingRequest<Replica> | undefined {
    const isRetried = this.#config.latestFailure !== undefined && this.waiting > 0;
    const failure = isRetried ? whyNotAlso(this.#choice.prospects()) : undefined;
    if (failure === undefined) return this.#choice.pool.enter(request);
    this.#choice.pool.turnAway(request, failure);
    return undefined;
  }

  cancel(entry: WaitingRequest<Replica>): void {
    for (const pool of this.#pools) pool.cancel(entry);
  }

  finish(replica: Replica): void {
    this.#poolOf(replica).finish(replica);
  }

  /** The replica has not begun with the request: it waits again, by its time of arrival, for any replica. */
  giveBack(request: QueuedRequest<Replica>, replica: Replica, why: NotStarted): WaitingRequest<Replica> | undefined {
    // A full replica does answer: no reason for ejection.
    if (why !== 'full') this.parts.replicas.suspend(this.#config.key, replica);
    return this.#poolOf(replica).giveBack(request, replica, why === 'full', this.#choice.pool);
  }

  /** It has begun to answer a request. */
  answered(replica: Replica): void {
    if (replica.failures > 0 || replica.onTrial) this.parts.replicas.trust(this.#config.key, replica);
  }

  /** Outlier ejection: it did not answer in time, or broke off. @param suspect what took too long */
  doubt(replica: Replica, suspect?: Suspect): void {
    this.parts.replicas.suspend(this.#config.key, replica, suspect);
  }

  refuseWaiting(failure: GatewayError): void {
    for (const pool of this.#pools) pool.refuseWaiting(failure);
  }

  /** From here on there is something to count. */
  counting(): FunctionCounters {
    this.#counters ??= new FunctionCounters(this.parts.coldStarts);
    return this.#counters;
  }

  /** One of its requests is over. */
  finished(entry: AccessLogEntry): void {
    this.counting().finished(entry);
    const isServed = entry.revision !== undefined && entry.status > 0 && entry.code === undefined;
    if (isServed) this.waves.served(entry.functionMs, entry.waitMs);
  }

  /** One of its replicas was seen to start. */
  started(sample: StartSample): void {
    this.waves.started(sample);
  }

  coldStarted(times: ColdTimes): void {
    this.counting().coldStarted(times);
  }

  waits(): void {
    if (!this.#refreshing) this.#serveWaiting();
  }

  /** Takes another gateway's count of this function's requests. False: nothing waits here, so it had no effect yet. */
  followBacklog(hint: BacklogHint): boolean {
    // Where nothing is planned there is nothing to be taken back.
    if (hint.requests > 0 || this.#waves !== undefined) this.waves.take(hint);
    if (this.waiting === 0) return false;
    this.#serveWaiting();
    return true;
  }

  update(config: FunctionConfig): void {
    if (config.policies !== this.#config.policies) {
      const before = this.#policies;
      this.#policies = this.#compiled(config);
      before?.[Symbol.dispose]();
    }
    this.#config = config;
    this.#choice.update(config);
    for (const pool of this.#pools) pool.update();
    this.#counters?.keepRevisions([config.latest, config.serving, ...config.overtaken], this.parts.clock.nowMs());
    this.#waves?.remember(config.learned);
    this.refresh();
  }

  /** Looks at the function's pods and its status anew: to be called at each change of either. */
  refresh(): void {
    this.#stale = true;
    // Not reentrant: answering a request may cause the next change before this one is dealt with.
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
    this.#policies?.[Symbol.dispose]();
    this.#limits?.[Symbol.dispose]();
    for (const pool of this.#pools) pool.close(noSuchFunction(this.#config.key));
  }

  /** The pool that admitted what the replica has. */
  #poolOf({ revision }: Replica): RevisionPool {
    const { pool } = this.#choice;
    return pool.revision === revision ? pool : this.#pools.of(revision);
  }

  #compiled({ policies }: FunctionConfig): PolicyChain | undefined {
    if (policies?.rateLimits === undefined) {
      this.#limits?.[Symbol.dispose]();
      this.#limits = undefined;
    } else this.#limits ??= new FunctionLimits(this.config.key, this.parts.rateLimits);
    if (policies === undefined) return undefined;
    return compilePolicies(policies, {
      after: (delayMs, callback) => this.parts.clock.after(delayMs, callback),
      decided: (policy, outcome) => this.counting().decided(policy, outcome),
      limits: this.#limits,
      namespace: this.config.namespace,
      tokens: this.parts.tokens,
    });
  }

  #lookAgainAt(atMs: number | undefined): void {
    this.#cancelLook?.();
    this.#cancelLook = undefined;
    if (atMs === undefined) return;
    const { clock } = this.parts;
    this.#cancelLook = clock.after(Math.max(0, atMs - clock.nowMs()), () => this.refresh());
  }

  /** Scales up for those that wait, or refuses them when the revision cannot start. */
  #serveWaiting(): void {
    const failure = whyNotWait(this.#choice.prospects());
    if (failure !== undefined) this.#choice.pool.refuseWaiting(failure);
    else this.#choice.pool.scaleUp();
  }
}
