import { canTakeOver } from '#api/rules/takeover.ts';
import type { Clock } from '#platform/time/clock.ts';
import type { Prospects } from '../cold-start/prospects.ts';
import { NO_PODS, type RevisionHealth } from '../replicas/revision-health.ts';
import { chooseRevision } from '../routing/choose-revision.ts';
import { type FunctionConfig, sameFailure } from '../routing/function-config.ts';
import type { RevisionPool } from './revision-pool.ts';
import type { RevisionPools } from './revision-pools.ts';

/** The revision of a function that requests go to, and what is known of the newest one's chances to start. */
export class RevisionChoice {
  readonly #clock: Clock;
  readonly #pools: RevisionPools;
  #config: FunctionConfig;
  #pool: RevisionPool;
  /** The revision that this activator last saw answer. */
  #answeredBefore: string | undefined;
  /** When this activator first saw the status' present failure of the newest revision. */
  #failureSeenAtMs = Number.NEGATIVE_INFINITY;

  constructor(config: FunctionConfig, pools: RevisionPools, clock: Clock) {
    this.#clock = clock;
    this.#pools = pools;
    this.#config = config;
    this.#pool = pools.of(config.latest);
    this.#pool.noteStatus(config.failedStart, Date.now() - (config.failedStart?.lastMs ?? 0));
  }

  /** Where requests go. */
  get pool(): RevisionPool {
    return this.#pool;
  }

  /** What the Function says of its revisions and their starts has changed, or may have; `choose` comes next. */
  update(config: FunctionConfig): void {
    const before = this.#config;
    this.#config = config;
    const isOther = config.latest !== before.latest;
    const newest = this.#pools.of(config.latest);
    if (isOther) newest.becomeNewest();
    if (isOther || !sameFailure(config, before)) this.#failureSeenAtMs = this.#clock.nowMs();
    if (isOther || (config.latestFailure === undefined && before.latestFailure !== undefined)) this.#pool.startAnew();
    newest.noteStatus(config.failedStart, 0);
  }

  /**
   * Sets the revision, and so the replicas, that requests go to, those that wait among them.
   * @returns when to choose again though nothing has changed, on the clock; undefined: never.
   */
  choose(): number | undefined {
    const { latest, serving } = this.#config;
    const nowMs = this.#clock.nowMs();
    const newest = this.#pools.of(latest);
    const proven = serving === undefined || serving === latest ? undefined : this.#pools.of(serving);
    const ofLatest = newest.look(nowMs);
    const ofServing = serving === latest ? ofLatest : (proven?.look(nowMs) ?? NO_PODS);
    const dueAtMs = newest.retries?.dueAtMs(this.#hasFallback);
    const isDue = dueAtMs !== undefined && dueAtMs <= nowMs && ofLatest.failure === undefined;
    const overtaken = this.#config.overtaken.map((revision) => this.#pools.of(revision));
    for (const pool of overtaken) pool.look(nowMs);
    const chosen = chooseRevision({
      latest,
      serving,
      latestCanTakeOver: this.#canTakeOver(ofLatest, ofServing),
      overtaken: overtaken.findLast(({ health }) => this.#canTakeOver(health, ofServing))?.revision,
      latestFailed: newest.retries?.hasFailed === true && !isDue,
      servingHasPods: latest !== serving && ofServing.pods > 0,
    });
    this.#sendTo(this.#pools.of(chosen), nowMs);
    this.#pools.keep([newest, ...(proven === undefined ? [] : [proven]), ...overtaken]);
    const due = this.#hasFallback && dueAtMs !== undefined && dueAtMs > nowMs ? dueAtMs : Number.POSITIVE_INFINITY;
    const next = Math.min(this.#pool.health.lookAgainAtMs ?? ofLatest.lookAgainAtMs ?? due, due);
    return Number.isFinite(next) ? next : undefined;
  }

  /** The facts that decide whether a request may wait for a start. */
  prospects(): Prospects {
    const { latest } = this.#config;
    const { revision, health, wakingSinceMs } = this.#pool;
    return {
      config: this.#config,
      health,
      isLatest: revision === latest,
      // The status lags: kubelet reports a pod as ready up to a second after it answers.
      hasAnswered: health.answered || this.#answeredBefore === latest,
      wakingSinceMs,
      failureSeenAtMs: this.#failureSeenAtMs,
      dueAtMs: this.#pools.of(latest).retries?.dueAtMs(this.#hasFallback),
      nowMs: this.#clock.nowMs(),
    };
  }

  #canTakeOver(one: RevisionHealth, serving: RevisionHealth): boolean {
    const { maxReplicas } = this.#config;
    return canTakeOver({ answering: one.answering.length, servingAnswering: serving.answering.length, maxReplicas });
  }

  get #hasFallback(): boolean {
    return this.#config.serving !== undefined && this.#config.serving !== this.#config.latest;
  }

  #sendTo(pool: RevisionPool, nowMs: number): void {
    const before = this.#pool;
    this.#pool = pool;
    if (pool !== before) {
      before.withdraw();
      pool.takeOver(before);
    }
    if (pool.health.answering.length > 0) this.#answeredBefore = pool.revision;
    pool.serve(nowMs);
  }
}
