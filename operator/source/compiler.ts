import { isConflict } from '#platform/kube/error.ts';
import type { Log } from '#platform/process/log.ts';
import { backoffMs } from '#platform/time/backoff.ts';
import { type Clock, systemClock } from '#platform/time/clock.ts';
import type { SourceFiles } from '../function/revision.ts';
import type { Compile } from './compile-folder.ts';
import { type CompileLimits, limitError, type Outcome } from './compile-outcome.ts';
import type { CompiledSource } from './compile-source.ts';
import type { WantedHandler } from './exported-handler.ts';
import { FairOrder } from './fair-order.ts';
import { SourceError } from './source-error.ts';

/** What is to be compiled, and whose it is. */
export interface Wanted {
  uid: string;
  namespace: string;
  /** `<namespace>/<name>`. */
  key: string;
  /** Equal ones give equal results. */
  sourceHash: string;
  handler: WantedHandler;
  /** The source, read when its turn comes: many may wait. Undefined: it has changed meanwhile, or is gone. */
  load: () => Promise<SourceFiles | undefined>;
}

export type Compiled = CompiledSource | { error: SourceError };

/** How a compile ended, for the metrics: `unavailable` is none. */
export type CompileResult = Outcome['kind'] | 'cpu' | 'memory' | 'time' | 'unavailable';

export interface CompilerOptions {
  compile: Compile;
  limits: CompileLimits;
  /** There is a result for the function of this key: ask again. */
  onDone: (key: string) => void;
  onCompiled?: (result: CompileResult, seconds: number) => void;
  log: Log;
  clock?: Clock;
}

interface Entry {
  wanted: Wanted;
  /** Compiles of it that ended by time or memory. */
  ended: number;
  /** Not to be tried before, by the clock. */
  notBeforeMs: number;
  /** It took more than a first try may: it is tried for longer when none waits for a first try. */
  isLong: boolean;
  /** How often it was ended for another namespace's first try. */
  gaveWay: number;
  /** Its result is not wanted any more. */
  dropped: boolean;
}

/** After how long a compile that met a limit is tried again, in milliseconds: the machine may have been busy. */
const AGAIN_MS = [5_000, 30_000];
/** Processor time of a first try, in seconds: nearly all sources take less, so a poisoned one delays others by that. */
const FIRST_CPU_SECONDS = 1;
/** So often a long compile gives way to a first try of another namespace; then it is let finish. */
const GIVES_WAY_MAX = 3;
/** When it is tried again while no bundler answers. */
const UNAVAILABLE = { baseMs: 500, maxMs: 30_000 };

/**
 * Compiles functions one at a time, beside all other work: namespaces take turns, of each function only the newest
 * source counts, and equal sources are compiled once. Two levels: a short first try, and where that is not enough a long
 * one, which waits for first tries and is broken off for those of other namespaces.
 */
export class Compiler implements AsyncDisposable {
  readonly #options: CompilerOptions;
  readonly #clock: Clock;
  readonly #order = new FairOrder<Entry>();
  /** What waits or runs, by uid. */
  readonly #entries = new Map<string, Entry>();
  /** By uid; until it is forgotten. */
  readonly #results = new Map<string, { sourceHash: string; compiled: Compiled }>();
  readonly #stop = new AbortController();
  #work: Promise<void> | undefined;
  #running: { entry: Entry; end: AbortController } | undefined;
  #cancelAlarm: () => void = () => undefined;
  /** How often in a row no bundler answered. */
  #unanswered = 0;

  constructor(options: CompilerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** The result; undefined while it is compiled, which this begins: `onDone` follows. */
  compiled(wanted: Wanted): Compiled | undefined {
    const { uid, namespace, sourceHash } = wanted;
    const result = this.#results.get(uid);
    if (result?.sourceHash === sourceHash) return result.compiled;
    if (this.#entries.get(uid)?.wanted.sourceHash === sourceHash) return undefined;
    this.forget(uid);
    this.#queue(namespace, { wanted, ended: 0, notBeforeMs: 0, isLong: false, gaveWay: 0, dropped: false });
    this.#breakOffFor(namespace);
    this.#next();
    return undefined;
  }

  #breakOffFor(namespace: string): void {
    const { entry, end } = this.#running ?? {};
    if (entry === undefined || !entry.isLong || entry.wanted.namespace === namespace) return;
    if (entry.gaveWay >= GIVES_WAY_MAX) return;
    entry.gaveWay += 1;
    end?.abort();
  }

  /** Its result is kept elsewhere now, or the function is gone. What is compiled of it already ends by itself. */
  forget(uid: string): void {
    this.#results.delete(uid);
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    entry.dropped = true;
    this.#entries.delete(uid);
    this.#order.remove((other) => other === entry);
  }

  #queue(namespace: string, entry: Entry): void {
    this.#entries.set(entry.wanted.uid, entry);
    this.#order.add(namespace, entry);
  }

  #next(): void {
    if (this.#work !== undefined || this.#stop.signal.aborted) return;
    const nowMs = this.#clock.nowMs();
    const isDue = ({ notBeforeMs }: Entry) => notBeforeMs <= nowMs;
    const entry = this.#order.take((one) => !one.isLong && isDue(one)) ?? this.#order.take(isDue);
    this.#cancelAlarm();
    if (entry === undefined) {
      const soonest = Math.min(...this.#order.list().map(({ notBeforeMs }) => notBeforeMs));
      if (Number.isFinite(soonest)) this.#cancelAlarm = this.#clock.after(soonest - nowMs, () => this.#next());
      return;
    }
    this.#work = this.#run(entry).finally(() => {
      this.#work = undefined;
      this.#running = undefined;
      this.#next();
    });
  }

  async #run(entry: Entry): Promise<void> {
    const { wanted } = entry;
    const end = new AbortController();
    this.#running = { entry, end };
    const startedMs = this.#clock.nowMs();
    const seconds = () => (this.#clock.nowMs() - startedMs) / 1000;
    try {
      const source = await wanted.load();
      if (source === undefined) {
        this.#lookAgain(entry);
        return;
      }
      const cpuSeconds = this.#cpuSeconds(entry);
      const signal = AbortSignal.any([this.#stop.signal, end.signal]);
      const outcome = await this.#options.compile({ source, handler: wanted.handler }, { cpuSeconds, signal });
      this.#unanswered = 0;
      if (outcome.kind === 'ended' && outcome.by === 'cpu' && cpuSeconds < this.#options.limits.cpuSeconds) {
        entry.isLong = true;
        this.#again(entry, 0);
        return;
      }
      this.#options.onCompiled?.(outcome.kind === 'ended' ? outcome.by : outcome.kind, seconds());
      this.#settle(entry, outcome);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      if (end.signal.aborted) {
        this.#again(entry, 0);
        return;
      }
      if (error instanceof SourceError || isConflict(error)) {
        this.#lookAgain(entry);
        return;
      }
      this.#unanswered += 1;
      const againInMs = backoffMs(this.#unanswered, UNAVAILABLE, Math.random());
      this.#options.onCompiled?.('unavailable', seconds());
      this.#options.log.warn({ function: wanted.key, err: error, againInMs }, 'not compiled');
      this.#again(entry, againInMs);
    }
  }

  #cpuSeconds({ isLong }: Entry): number {
    const { cpuSeconds } = this.#options.limits;
    return isLong ? cpuSeconds : Math.min(FIRST_CPU_SECONDS, cpuSeconds);
  }

  /** Its source is not what it was: the function's next reconcile says what it is. */
  #lookAgain(entry: Entry): void {
    if (entry.dropped) return;
    this.#entries.delete(entry.wanted.uid);
    this.#options.onDone(entry.wanted.key);
  }

  #settle(entry: Entry, outcome: Outcome): void {
    if (outcome.kind !== 'ended') {
      const { kind: _, ...compiled } = outcome;
      this.#done(entry, compiled);
      return;
    }
    const againInMs = outcome.by === 'cpu' ? undefined : AGAIN_MS[entry.ended];
    this.#options.log.info({ function: entry.wanted.key, limit: outcome.by, againInMs }, 'compile ended by a limit');
    if (againInMs === undefined) {
      this.#done(entry, { error: limitError(outcome.by, this.#options.limits) });
    } else {
      entry.ended += 1;
      this.#again(entry, againInMs);
    }
  }

  #again(entry: Entry, inMs: number): void {
    if (entry.dropped) return;
    entry.notBeforeMs = this.#clock.nowMs() + inMs;
    this.#queue(entry.wanted.namespace, entry);
  }

  /** For all that wait for the same source. */
  #done(entry: Entry, compiled: Compiled): void {
    const { sourceHash } = entry.wanted;
    const equal = this.#order.remove(({ wanted }) => wanted.sourceHash === sourceHash);
    for (const { wanted, dropped } of [entry, ...equal]) {
      if (dropped) continue;
      this.#entries.delete(wanted.uid);
      this.#results.set(wanted.uid, { sourceHash, compiled });
      this.#options.onDone(wanted.key);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#cancelAlarm();
    await this.#work;
  }
}
