import { setTimeout as pause } from 'node:timers/promises';
import type { FunctionObject } from '#api/function.ts';
import type { Deployment } from '#platform/kube/resources.ts';
import { canonicalJson } from '../function/content-hash.ts';
import { keptOvertaken } from '../function/overtaken.ts';
import { isBeingTried } from '../function/trial.ts';
import { DemandHistory, type Scrape } from './demand.ts';
import { nextLearned } from './learned.ts';
import type { AutoscalerOptions, ScaledFunction } from './options.ts';
import type { ActivatorSample } from './parse-metrics.ts';
import {
  changesOf,
  type Need,
  planReplicas,
  type RolloutState,
  type ScaleChange,
  scaledRevision,
  TRIED,
} from './replica-plan.ts';
import { replicasOf } from './replica-writer.ts';
import { neverAwake, type ScaleState, step } from './step.ts';

interface Known {
  key: string;
  uid: string;
  state: ScaleState;
  /** When what was learned of it last changed there. */
  learnedAtMs: number;
  /** A write is under way. */
  writing: boolean;
}

interface Write {
  changes: readonly ScaleChange[];
  deployments: ReadonlyMap<string, Deployment>;
  /** Of the scaled revision, and what was decided for it. */
  scaled: string;
  decision: Need;
}

const NEVER = Number.NEGATIVE_INFINITY;
/** Longest window a Function may ask for, with room to spare. */
const KEEP_MS = 3_700_000;
/** While everything is at zero, one in so many turns asks for metrics: activators raise from zero by themselves. */
const TURNS_ASLEEP = 5;

/** What was learned changes in a status no more often than this, in milliseconds. */
const LEARNED_EVERY_MS = 60_000;

/** Sets the number of replicas of all functions, once each `everyMs`. */
export class Autoscaler implements AsyncDisposable {
  readonly #options: AutoscalerOptions;
  readonly #demand = new DemandHistory(KEEP_MS);
  /**
   * By the Function's uid: one that is made again begins anew. Those that are awake, and those of which the last decision
   * is not in the status yet.
   */
  readonly #known = new Map<string, Known>();
  readonly #stop = new AbortController();
  /** Keys of those that had requests when metrics were last asked for. */
  #busy: ReadonlySet<string> = new Set();
  /** Since metrics were asked for. */
  #turnsAsleep = -1;
  /** All that there were when it began have been looked at once. */
  #begun = false;
  readonly #writes = new Set<Promise<void>>();
  readonly #loop: Promise<void>;

  /** Starts at once. */
  constructor(options: AutoscalerOptions) {
    this.#options = options;
    this.#loop = this.#run();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const startedMs = performance.now();
      try {
        await this.#tick(signal);
      } catch (error) {
        this.#options.log.error({ err: error }, 'a look at what functions need failed');
      }
      const leftMs = this.#options.everyMs - (performance.now() - startedMs);
      await pause(Math.max(0, leftMs), undefined, { signal }).catch(() => undefined);
    }
  }

  async #tick(signal: AbortSignal): Promise<void> {
    const { functions, scrape, nowMs, log } = this.#options;
    if (this.#rests()) return;
    const followed = new Set([...this.#known.values()].map(({ key }) => key));
    // Read before the scrape, for optimistic locking: a raise after this changes the resourceVersion, and what follows is refused.
    const all = functions(followed.union(this.#busy));
    const seen = await scrape(signal);
    this.#demand.record(seen, nowMs());
    this.#busy = busyKeys(seen);
    if (signal.aborted) return;
    this.#options.onScrape?.(seen);
    this.#dropGone(all);
    for (const scaled of all) {
      try {
        this.#decide(scaled, signal);
        this.#learn(scaled, seen);
        this.#letSleep(scaled);
      } catch (error) {
        log.error({ function: scaled.key, err: error }, 'scaling failed');
      }
    }
    this.#begun = true;
  }

  /** Nothing runs that could be too much or too little. */
  #rests(): boolean {
    const asleep = this.#options.asleep() && this.#busy.size === 0;
    this.#turnsAsleep = asleep ? (this.#turnsAsleep + 1) % TURNS_ASLEEP : 0;
    return this.#turnsAsleep !== 0;
  }

  #dropGone(all: readonly ScaledFunction[]): void {
    const uids = new Set(all.map(({ fn }) => fn.metadata.uid));
    const keys = new Set(all.map(({ key }) => key));
    for (const [uid, { key }] of this.#known) {
      if (uids.has(uid)) continue;
      this.#known.delete(uid);
      this.#options.scalings.delete(uid);
      if (!keys.has(key)) this.#options.onGone(key);
    }
    this.#demand.keepOnly((key) => keys.has(key) || this.#options.exists(key));
  }

  #decide({ key, fn, deployments }: ScaledFunction, signal: AbortSignal): void {
    const nowMs = this.#options.nowMs();
    const { uid } = fn.metadata;
    const rollout = standingRollout(fn, this.#options.atMost(uid), nowMs);
    if (rollout === undefined) return;
    const replicas = replicasOf(deployments);
    const scaled = scaledRevision(rollout, replicas);
    const current = replicas.get(scaled) ?? 0;
    const before = this.#known.get(uid);
    const state = before?.state ?? (this.#begun ? neverAwake(nowMs) : undefined);
    const demand = this.#demand.of(key, nowMs);
    const needed = step(state, { current, demand, policy: fn.spec, nowMs });
    const isTried = isBeingTried(fn.status, nowMs) && demand?.now === 0;
    const { maxReplicas } = fn.spec.scaling;
    const plan = planReplicas({ replicas, rollout, needs: new Map([[scaled, needed]]), isTried, maxReplicas });
    const known = before ?? this.#begin(key, fn, needed.state);
    known.state = needed.state;
    const decision = plan.get(scaled) ?? needed;
    if (decision.replicas === current) this.#note(known, decision, nowMs);
    const changes = changesOf(plan, replicas);
    if (!known.writing && changes.length > 0) this.#write(known, { changes, deployments, scaled, decision }, signal);
  }

  #begin(key: string, { metadata: { uid }, status }: FunctionObject, state: ScaleState): Known {
    const known = { key, uid, state, learnedAtMs: NEVER, writing: false };
    this.#known.set(uid, known);
    if (status?.scaling !== undefined) this.#options.scalings.set(uid, status.scaling);
    return known;
  }

  /** Of one that sleeps, and whose status says all that was decided and learned, nothing need be remembered. */
  #letSleep({ fn, deployments }: ScaledFunction): void {
    const { uid } = fn.metadata;
    const known = this.#known.get(uid);
    if (known === undefined || known.writing || known.state.replicas > 0) return;
    if ([...deployments.values()].some(({ spec }) => spec?.replicas)) return;
    if (this.#options.nowMs() - known.learnedAtMs < LEARNED_EVERY_MS) return;
    if (canonicalJson(this.#options.scalings.get(uid)) !== canonicalJson(fn.status?.scaling)) return;
    this.#known.delete(uid);
    this.#options.scalings.delete(uid);
  }

  #learn({ key, fn }: ScaledFunction, { activators }: Scrape): void {
    const known = this.#known.get(fn.metadata.uid);
    const nowMs = this.#options.nowMs();
    if (known === undefined || nowMs - known.learnedAtMs < LEARNED_EVERY_MS) return;
    const samples = [...activators.values()].flatMap((functions) => functions?.get(key) ?? []);
    const scaling = this.#options.scalings.get(known.uid);
    const learned = nextLearned(scaling?.learned, samples);
    if (learned === scaling?.learned || learned === undefined) return;
    this.#options.scalings.set(known.uid, { ...scaling, learned });
    known.learnedAtMs = nowMs;
    this.#options.onLearned(key);
  }

  /** Once for each number, but a try that is over is no reason any more. */
  #note(known: Known, { replicas, reason }: { replicas: number; reason: string }, nowMs: number): void {
    const { scalings, onDecision } = this.#options;
    const before = scalings.get(known.uid);
    const isOver = before?.reason === TRIED && reason !== TRIED;
    if ((before?.desired === replicas && !isOver) || (before?.desired === undefined && replicas === 0)) return;
    const lastScaleTime = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
    const when = before?.desired === replicas ? {} : { lastScaleTime };
    scalings.set(known.uid, { ...before, desired: replicas, reason, ...when });
    onDecision(known.key, replicas);
  }

  #write(known: Known, write: Write, signal: AbortSignal): void {
    known.writing = true;
    const writing = this.#writeAll(known, write, signal).finally(() => {
      known.writing = false;
      this.#writes.delete(writing);
    });
    this.#writes.add(writing);
  }

  /** Never rejects: the next tick decides anew. */
  async #writeAll(known: Known, { changes, deployments, scaled, decision }: Write, signal: AbortSignal): Promise<void> {
    const { writer, isConflict, log, nowMs } = this.#options;
    const { done, failed } = await writer.write(known.key, changes, { deployments, signal });
    if (done.some(({ revision }) => revision === scaled)) this.#note(known, decision, nowMs());
    if (signal.aborted) return;
    for (const { change, error } of failed) {
      const fields = { function: known.key, ...change };
      if (isConflict(error)) log.debug(fields, 'not scaled: it has changed meanwhile');
      else log.warn({ ...fields, err: error }, 'scaling failed');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    await Promise.all(this.#writes);
  }
}

/** Keys of the functions that have requests in flight or waiting. */
function busyKeys({ activators }: Scrape): ReadonlySet<string> {
  const samples = [...activators.values()].flatMap((functions) => [...(functions ?? [])]);
  return new Set(samples.filter(([, { loads }]) => isBusy(loads)).map(([key]) => key));
}

function isBusy(loads: ActivatorSample['loads']): boolean {
  for (const { concurrency } of loads.values()) if (concurrency > 0) return true;
  return false;
}

/** As the status keeps the rollout: its pods are not looked at. Undefined before the first reconcile has made a revision. */
function standingRollout(
  { status }: FunctionObject,
  atMost: number | undefined,
  nowMs: number,
): RolloutState | undefined {
  const { revision: serving, latestRevision: latest } = status ?? {};
  if (serving === undefined || latest === undefined) return undefined;
  const ready = status?.conditions?.find((condition) => condition.type === 'RevisionReady');
  const latestFailed = ready?.status === 'False' && serving !== latest;
  return { serving, latest, latestFailed, overtaken: keptOvertaken(status, nowMs), atMost };
}
