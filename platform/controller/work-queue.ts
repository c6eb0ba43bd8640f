/** Which key runs when. */

import type { Log } from '../process/log.ts';
import type { WorkQueueMetrics } from '../process/metrics.ts';
import { backoffMs } from '../time/backoff.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { DueKeys, PRIORITIES, type Priority } from './due-keys.ts';

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
  /** Takes keys from the beginning, and runs none before `start`. */
  paused?: boolean;
  clock?: Clock;
  /** 0 ≤ x < 1. */
  random?: () => number;
}

/** How long one turn of the event loop may start runs, in milliseconds. */
const TURN_MS = 10;

/** A key's state; a key without any is at rest. */
interface Entry {
  running: boolean;
  /** Runs that failed since the last good one. */
  failures: number;
  timer: { dueAtMs: number; priority: Priority; cancel: () => void } | undefined;
}

/**
 * Runs keys, each of them once at a time: the most urgent first, those of one priority in the order in which they became
 * due (see DueKeys for how much the others get). A key that waits is not added twice; one that is added while it runs
 * runs once more afterwards. Of two delays the shorter one counts, of two priorities the more urgent one, and an `add`
 * ends any delay, also that of a backoff. What a run asks for, or a failed one needs, comes with the run's own priority,
 * but never as high: it is no news.
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
  /** A key that is running as well is held until it has ended. */
  readonly #due = new DueKeys();
  readonly #idleWaiters: (() => void)[] = [];
  #running = 0;
  #paused: boolean;
  /** When the present turn of the event loop started its first run; undefined: it has started none. */
  #turnBeganMs: number | undefined;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#concurrency = options.concurrency ?? 4;
    this.#backoff = { baseMs: options.backoffBaseMs ?? 100, maxMs: options.backoffMaxMs ?? 60_000 };
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#paused = options.paused ?? false;
    this.#untrack = options.metrics?.trackDepth(options.name, () => this.depth) ?? (() => undefined);
  }

  /** Ends the pause that `paused` began with. */
  start(): void {
    this.#paused = false;
    queueMicrotask(() => this.#fill());
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /** As soon as there is room. Never runs it before returning. */
  add(key: string, priority: Priority = 'normal'): void {
    if (this.#stop.signal.aborted) return;
    this.#makeDue(key, this.#entryOf(key), priority);
  }

  /** After `delayMs`, unless it is due earlier already. */
  addAfter(key: string, delayMs: number, priority: Priority = 'normal'): void {
    if (delayMs <= 0) {
      this.add(key, priority);
      return;
    }
    if (this.#stop.signal.aborted || this.#due.has(key)) return;
    const entry = this.#entryOf(key);
    const { timer } = entry;
    const dueAtMs = this.#clock.nowMs() + delayMs;
    if (timer !== undefined) timer.priority = moreUrgent(timer.priority, priority);
    if (timer !== undefined && timer.dueAtMs <= dueAtMs) return;
    timer?.cancel();
    const cancel = this.#clock.after(delayMs, () => this.#makeDue(key, entry, priority));
    entry.timer = { dueAtMs, priority: timer?.priority ?? priority, cancel };
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
    const entry = this.#entries.get(key) ?? { running: false, failures: 0, timer: undefined };
    this.#entries.set(key, entry);
    return entry;
  }

  #makeDue(key: string, entry: Entry, priority: Priority): void {
    this.#due.add(key, moreUrgent(priority, entry.timer?.priority ?? priority));
    entry.timer?.cancel();
    entry.timer = undefined;
    queueMicrotask(() => this.#fill());
  }

  /** Starts what is due while there is room and time. */
  #fill(): void {
    while (!this.#paused && this.#due.size > 0 && this.#running < this.#concurrency && !this.#turnIsOver()) {
      const next = this.#due.take((key) => this.#entryOf(key).running);
      if (next === undefined) return;
      void this.#runOne(next.key, this.#entryOf(next.key), next.priority);
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

  async #runOne(key: string, entry: Entry, priority: Priority): Promise<void> {
    entry.running = true;
    this.#running += 1;
    const startedAtMs = this.#clock.nowMs();
    const failed = await this.#attempt(key, entry, priority === 'high' ? 'normal' : priority);
    this.#running -= 1;
    entry.running = false;
    this.#options.metrics?.ran(this.#options.name, (this.#clock.nowMs() - startedAtMs) / 1_000, failed);
    if (!this.#due.has(key) && entry.timer === undefined && entry.failures === 0) this.#entries.delete(key);
    this.#fill();
    if (this.#due.size === 0 && this.#running === 0) for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  /** Whether the run failed; what comes next for the key is arranged by then. */
  async #attempt(key: string, entry: Entry, again: Priority): Promise<boolean> {
    const signal = this.#stop.signal;
    try {
      const outcome = await this.#options.run(key, signal);
      entry.failures = 0;
      if (outcome?.againInMs !== undefined) this.addAfter(key, outcome.againInMs, again);
      return false;
    } catch (error) {
      if (!signal.aborted) this.#retry(key, entry, { error, again });
      return true;
    }
  }

  #retry(key: string, entry: Entry, { error, again }: { error: unknown; again: Priority }): void {
    const { log, metrics, name } = this.#options;
    entry.failures += 1;
    const retryInMs = backoffMs(entry.failures, this.#backoff, this.#random());
    log.warn({ queue: name, key, err: error, failures: entry.failures, retryInMs }, 'run failed');
    metrics?.retried(name);
    this.addAfter(key, retryInMs, again);
  }
}

function moreUrgent(one: Priority, other: Priority): Priority {
  return PRIORITIES.find((priority) => priority === one || priority === other) ?? one;
}
