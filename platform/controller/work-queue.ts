/** Which key runs when. */

import type { Log } from '../process/log.ts';
import type { WorkQueueMetrics } from '../process/metrics.ts';
import { backoffMs } from '../time/backoff.ts';
import { type Clock, systemClock } from '../time/clock.ts';

/** How a run ended well. */
export interface Outcome {
  /** Run again after this long, in milliseconds. */
  againInMs?: number;
}

export interface WorkQueueOptions {
  /** Label of the metrics. */
  name: string;
  /** Works on one key. A rejection is logged and tried again later; `signal` aborts when the queue is disposed. */
  run: (key: string, signal: AbortSignal) => Promise<Outcome | undefined>;
  log: Log;
  /** Keys run at the same time; default 4. */
  concurrency?: number;
  /** Longest delay of the first retry of a key, in milliseconds; default 100. Doubles with each failure, with jitter. */
  backoffBaseMs?: number;
  /** Default 60,000. */
  backoffMaxMs?: number;
  metrics?: WorkQueueMetrics;
  clock?: Clock;
  /** 0 ≤ x < 1. */
  random?: () => number;
}

/** How long one turn of the event loop may start runs, in milliseconds. */
const TURN_MS = 10;

/** A key's state; a key without any is at rest. */
interface Entry {
  /** Waits for a place among the running. */
  due: boolean;
  running: boolean;
  /** Runs that failed since the last good one. */
  failures: number;
  timer: { dueAtMs: number; cancel: () => void } | undefined;
}

/**
 * Runs keys, each of them once at a time, in the order in which they became due. A key that waits is not added twice;
 * one that is added while it runs runs once more afterwards. Of two delays the shorter one counts, and an `add` ends any
 * delay, also that of a backoff.
 */
export class WorkQueue implements AsyncDisposable {
  readonly #options: WorkQueueOptions;
  readonly #concurrency: number;
  readonly #backoff: { baseMs: number; maxMs: number };
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #stop = new AbortController();
  readonly #untrack: () => void;
  readonly #entries = new Map<string, Entry>();
  /** Keys with `due`, first come first served. A key that is running as well is passed over until it has ended. */
  readonly #due = new Set<string>();
  readonly #idleWaiters: (() => void)[] = [];
  #running = 0;
  /** When the present turn of the event loop started its first run; undefined: it has started none. */
  #turnBeganMs: number | undefined;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#concurrency = options.concurrency ?? 4;
    this.#backoff = { baseMs: options.backoffBaseMs ?? 100, maxMs: options.backoffMaxMs ?? 60_000 };
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#untrack = options.metrics?.trackDepth(options.name, () => this.depth) ?? (() => undefined);
  }

  /** As soon as there is room. Never runs it before returning. */
  add(key: string): void {
    this.addAfter(key, 0);
  }

  /** After `delayMs`, unless it is due earlier already. */
  addAfter(key: string, delayMs: number): void {
    if (this.#stop.signal.aborted) return;
    const entry = this.#entryOf(key);
    if (entry.due) return;
    if (delayMs <= 0) {
      this.#makeDue(key, entry);
      return;
    }
    const dueAtMs = this.#clock.nowMs() + delayMs;
    if (entry.timer !== undefined && entry.timer.dueAtMs <= dueAtMs) return;
    entry.timer?.cancel();
    entry.timer = { dueAtMs, cancel: this.#clock.after(delayMs, () => this.#makeDue(key, entry)) };
  }

  /** Keys that are due and do not run yet. */
  get depth(): number {
    return this.#due.size;
  }

  /** Resolves when nothing is due and nothing runs. Keys that wait for a delay or a retry do not count. */
  idle(): Promise<void> {
    if (this.#due.size === 0 && this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Takes no more keys, forgets those that wait, aborts the signal of the running ones and waits for them to end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#untrack();
    for (const entry of this.#entries.values()) entry.timer?.cancel();
    this.#due.clear();
    await this.idle();
  }

  #entryOf(key: string): Entry {
    const entry = this.#entries.get(key) ?? { due: false, running: false, failures: 0, timer: undefined };
    this.#entries.set(key, entry);
    return entry;
  }

  #makeDue(key: string, entry: Entry): void {
    entry.timer?.cancel();
    entry.timer = undefined;
    entry.due = true;
    this.#due.add(key);
    queueMicrotask(() => this.#fill());
  }

  /** Starts what is due while there is room and time. */
  #fill(): void {
    for (const key of this.#due) {
      if (this.#running >= this.#concurrency || this.#turnIsOver()) return;
      const entry = this.#entryOf(key);
      if (!entry.running) void this.#runOne(key, entry);
    }
  }

  /**
   * Runs that wait for nothing follow each other without the event loop in between, however many keys there are: after
   * TURN_MS the rest waits until sockets and timers had their turn.
   */
  #turnIsOver(): boolean {
    const nowMs = performance.now();
    if (this.#turnBeganMs === undefined) {
      this.#turnBeganMs = nowMs;
      setImmediate(() => {
        this.#turnBeganMs = undefined;
        this.#fill();
      });
    }
    return nowMs - this.#turnBeganMs >= TURN_MS;
  }

  async #runOne(key: string, entry: Entry): Promise<void> {
    this.#due.delete(key);
    Object.assign(entry, { due: false, running: true });
    this.#running += 1;
    const startedAtMs = this.#clock.nowMs();
    const failed = await this.#attempt(key, entry);
    this.#running -= 1;
    entry.running = false;
    this.#options.metrics?.ran(this.#options.name, (this.#clock.nowMs() - startedAtMs) / 1_000, failed);
    if (!entry.due && entry.timer === undefined && entry.failures === 0) this.#entries.delete(key);
    this.#fill();
    if (this.#due.size === 0 && this.#running === 0) for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  /** Whether the run failed; what comes next for the key is arranged by then. */
  async #attempt(key: string, entry: Entry): Promise<boolean> {
    const signal = this.#stop.signal;
    try {
      const outcome = await this.#options.run(key, signal);
      entry.failures = 0;
      if (outcome?.againInMs !== undefined) this.addAfter(key, outcome.againInMs);
      return false;
    } catch (error) {
      if (!signal.aborted) this.#retry(key, entry, error);
      return true;
    }
  }

  #retry(key: string, entry: Entry, error: unknown): void {
    const { log, metrics, name } = this.#options;
    entry.failures += 1;
    const retryInMs = backoffMs(entry.failures, this.#backoff, this.#random());
    log.warn({ queue: name, key, err: error, failures: entry.failures, retryInMs }, 'run failed');
    metrics?.retried(name);
    this.addAfter(key, retryInMs);
  }
}
