import { setTimeout as pause } from 'node:timers/promises';
import type { FunctionObject } from '#api/function.ts';
import type { FunctionStatus } from '#api/function-status.ts';
import type { Deployment } from '#platform/kube/resources.ts';
import type { Log } from '#platform/process/log.ts';
import { isBeingTried } from '../function/trial.ts';
import { assign, type Revisions, scaledRevision } from './assign.ts';
import { DemandHistory, type Scrape } from './demand.ts';
import { nextLearned } from './learned.ts';
import { type Decision, limited, neverAwake, type ScaleState, step } from './step.ts';

/** As a Function's status has it. */
export type Scaling = NonNullable<FunctionStatus['scaling']>;

/** A function as the autoscaler finds it, before it looks at the metrics. */
export interface ScaledFunction {
  /** `<namespace>/<name>` */
  key: string;
  /** With the newest status and a spec that was checked. */
  fn: FunctionObject;
  /** Its own, by name. Their resourceVersions guard what is written. */
  deployments: ReadonlyMap<string, Deployment>;
}

export interface AutoscalerOptions {
  everyMs: number;
  functions: () => ScaledFunction[];
  /** Whether no function has replicas or asks for some. Asked each turn, so at little cost, however many there are. */
  asleep: () => boolean;
  scrape: (signal: AbortSignal) => Promise<Scrape>;
  /** Most replicas that the function of this uid may have for now; undefined: as many as it needs. */
  atMost: (uid: string) => number | undefined;
  /**
   * What was last decided on each function and learned of it, by uid, as its status says it under `scaling`. Kept by the
   * autoscaler, read by others.
   */
  scalings: Map<string, Scaling>;
  /** Fails with 409 when the Deployment has changed since. */
  setReplicas: (deployment: Deployment, replicas: number, signal: AbortSignal) => Promise<void>;
  /** A decision changed a function's number of replicas, or found that another did. */
  onDecision: (key: string, replicas: number) => void;
  /** What the status says of its starts and requests is to change. */
  onLearned: (key: string) => void;
  /** What the gateways said at this look. */
  onScrape?: (scrape: Scrape) => void;
  /** A function is gone. */
  onGone: (key: string) => void;
  isConflict: (error: unknown) => boolean;
  log: Log;
  /** Milliseconds since 1970. */
  nowMs: () => number;
}

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
  writes: { revision: string; replicas: number }[];
  deployments: ReadonlyMap<string, Deployment>;
  decision: Decision;
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
  /** By the Function's uid: one that is made again begins anew. */
  readonly #known = new Map<string, Known>();
  readonly #stop = new AbortController();
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
      await this.#tick(signal);
      const leftMs = this.#options.everyMs - (performance.now() - startedMs);
      await pause(Math.max(0, leftMs), undefined, { signal }).catch(() => undefined);
    }
  }

  async #tick(signal: AbortSignal): Promise<void> {
    const { functions, scrape, nowMs, log } = this.#options;
    if (this.#rests()) return;
    // Read first: whoever raises a function after this changes its resourceVersion, and what follows is refused.
    const all = functions();
    const seen = await scrape(signal);
    this.#demand.record(seen, nowMs());
    if (signal.aborted) return;
    this.#options.onScrape?.(seen);
    this.#dropGone(all);
    for (const scaled of all) {
      try {
        this.#decide(scaled, signal);
        this.#learn(scaled, seen);
      } catch (error) {
        log.error({ function: scaled.key, err: error }, 'scaling failed');
      }
    }
    this.#begun = true;
  }

  /** Nothing runs that could be too much or too little. */
  #rests(): boolean {
    this.#turnsAsleep = this.#options.asleep() ? (this.#turnsAsleep + 1) % TURNS_ASLEEP : 0;
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
    this.#demand.keepOnly((key) => keys.has(key));
  }

  #decide({ key, fn, deployments }: ScaledFunction, signal: AbortSignal): void {
    const revisions = revisionsOf(fn, deployments);
    if (revisions === undefined) return;
    const nowMs = this.#options.nowMs();
    const { uid } = fn.metadata;
    const before = this.#known.get(uid);
    const current = revisions.replicas.get(scaledRevision(revisions)) ?? 0;
    const state = before?.state ?? (this.#begun ? neverAwake(nowMs) : undefined);
    const demand = this.#demand.of(key, nowMs);
    const needed = step(state, { current, demand, policy: fn.spec, nowMs });
    const stepped = limited(needed, this.#options.atMost(uid));
    const isTried = isBeingTried(fn.status, nowMs) && current === 1 && demand?.now === 0;
    const decision = isTried ? whileTried(stepped) : stepped;
    const known = before ?? this.#begin(key, fn, decision.state);
    known.state = decision.state;
    if (decision.replicas === current) this.#note(known, decision, nowMs);
    if (known.writing) return;
    const writes = assign(revisions, decision.replicas);
    if (writes.length > 0) this.#write(known, { writes, deployments, decision }, signal);
  }

  #begin(key: string, { metadata: { uid }, status }: FunctionObject, state: ScaleState): Known {
    const known = { key, uid, state, learnedAtMs: NEVER, writing: false };
    this.#known.set(uid, known);
    if (status?.scaling !== undefined) this.#options.scalings.set(uid, status.scaling);
    return known;
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

  #note(known: Known, { replicas, reason }: { replicas: number; reason: string }, nowMs: number): void {
    const { scalings, onDecision } = this.#options;
    const before = scalings.get(known.uid);
    if (before?.desired === replicas || (before?.desired === undefined && replicas === 0)) return;
    const lastScaleTime = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
    scalings.set(known.uid, { ...before, desired: replicas, reason, lastScaleTime });
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
  async #writeAll(known: Known, { writes, deployments, decision }: Write, signal: AbortSignal): Promise<void> {
    const { setReplicas, isConflict, log, nowMs } = this.#options;
    const fields = { function: known.key, reason: decision.reason };
    for (const { revision, replicas } of writes) {
      const deployment = deployments.get(revision);
      if (deployment === undefined) continue;
      try {
        await setReplicas(deployment, replicas, signal);
        log.info({ ...fields, revision, replicas }, 'scaled');
        this.#note(known, decision, nowMs());
      } catch (error) {
        if (signal.aborted) return;
        if (isConflict(error)) log.debug({ ...fields, revision }, 'not scaled: it has changed meanwhile');
        else log.warn({ ...fields, revision, err: error }, 'scaling failed');
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    await Promise.all(this.#writes);
  }
}

/** A replica that is started only to try a new revision stays until it has answered, though no request comes. */
function whileTried(decision: Decision): Decision {
  return decision.replicas > 1 ? decision : { ...decision, replicas: 1, reason: 'a new revision is being tried' };
}

/** Undefined before the first reconcile has made a revision. */
function revisionsOf({ status }: FunctionObject, deployments: ReadonlyMap<string, Deployment>): Revisions | undefined {
  const { revision: serving, latestRevision: latest } = status ?? {};
  if (serving === undefined || latest === undefined) return undefined;
  const ready = status?.conditions?.find((condition) => condition.type === 'RevisionReady');
  return {
    replicas: new Map([...deployments].map(([name, { spec }]) => [name, spec?.replicas ?? 0])),
    serving,
    latest,
    latestFailed: ready?.status === 'False' && serving !== latest,
  };
}
