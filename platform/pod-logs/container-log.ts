import type { KubeClient, ObjectRef } from '../kube/client.ts';
import { KubeError } from '../kube/error.ts';
import { backoffMs } from '../time/backoff.ts';
import { pause } from '../time/deadline.ts';
import type { ContainerState } from './container-states.ts';
import { LineSplitter, type Split } from './line-splitter.ts';
import { type LogLine, parseLogLine } from './log-line.ts';
import { ResumePoint } from './resume-point.ts';
import type { StreamSlots } from './stream-slots.ts';

/** Longer lines are cut: the beginning is kept, and how many bytes are not. */
const LINE_BYTES = 16 * 1024;
/** Of the time before each line. */
const STAMP_BYTES = 40;
/**
 * After a stream that broke or could not be opened. Not at once: where the container was restarted meanwhile, its status has
 * to say so first, or the next run's lines would be taken for those of the last.
 */
const RETRY = { baseMs: 1_000, maxMs: 5_000 };
/** A stream that ended while its container seems to run: its status is late, mostly. */
const LATE_STATUS_MS = 1_000;
/** A run that is over, or a pod that is gone, has so long to send the rest of its log. */
const LAST_WORDS_MS = 5_000;

/** Where lines go. */
export interface LogSink {
  /** Must not throw. @param omittedBytes of the line that are not in its text */
  line(line: LogLine, run: number, omittedBytes: number): void;
  /** How long to wait before more is read, in milliseconds, after so many bytes. */
  paceMs?(bytes: number): number;
  /** A stream broke and will be opened again, or could not be opened. */
  interrupted?(error: unknown): void;
}

export interface ContainerLogOptions {
  kube: Pick<KubeClient, 'podLogStream'>;
  pod: ObjectRef;
  container: string;
  sink: LogSink;
  slots: StreamSlots;
  /** How far the log of a run was read before this process; undefined: not at all. */
  resume?: (run: number) => ResumePoint | undefined;
}

interface Reading {
  run: number;
  point: ResumePoint;
  previous?: boolean;
  follow?: boolean;
}

/**
 * All that one container writes, from its first line, once each: over streams that are cut, restarts, and until its pod is
 * gone. Of a run that is over before it was seen, the API server still has the log as long as it is the last one that ended.
 */
export class ContainerLog implements AsyncDisposable {
  readonly #options: ContainerLogOptions;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #state: ContainerState;
  #gone = false;
  #changed = Promise.withResolvers<void>();
  /** The run that is read, and how far. */
  #current: { run: number; point: ResumePoint } | undefined;
  /** The run whose log was read after its end. */
  #finished = -1;
  #failures = 0;

  /** Starts at once. */
  constructor(options: ContainerLogOptions, state: ContainerState) {
    this.#options = options;
    this.#state = state;
    this.#done = this.#run();
  }

  /** Resolves when nothing more will come: its pod is gone, or this was disposed. */
  get done(): Promise<void> {
    return this.#done;
  }

  update(state: ContainerState): void {
    this.#state = state;
    this.#change();
  }

  /** The pod is no more; what is still on its way is read. */
  gone(): void {
    this.#gone = true;
    this.#change();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#change();
    await this.#done;
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted && !this.#gone) {
      const changed = this.#changed.promise;
      try {
        await this.#step(changed);
        this.#failures = 0;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#failures += 1;
        this.#options.sink.interrupted?.(error);
        await this.#pauseUntil(changed, backoffMs(this.#failures, RETRY, Math.random()));
      }
    }
  }

  /** Reads what can be read of the container as it is now. */
  async #step(changed: Promise<void>): Promise<void> {
    const { run, phase } = this.#state;
    if (run > 0 && (this.#current === undefined || this.#current.run < run)) await this.#readPrevious(run - 1);
    if (phase === 'none') return await changed;
    const current = this.#pointOf(run);
    if (phase === 'running') {
      await this.#read({ ...current, follow: true });
      if (this.#state.run === run && this.#state.phase === 'running') await this.#pauseUntil(changed, LATE_STATUS_MS);
      return;
    }
    if (this.#finished < run) await this.#read(current);
    this.#finished = run;
    await this.#pauseUntil(changed);
  }

  /** What is missing of the run before, which ended unseen or while its stream was cut. A run that left no log is no failure. */
  async #readPrevious(run: number): Promise<void> {
    const previous = this.#pointOf(run);
    if (this.#finished < run) {
      await this.#read({ ...previous, previous: true }).catch((error) => {
        if (!isAnswer(error)) throw error;
      });
    }
    this.#finished = Math.max(this.#finished, run);
    this.#current = undefined;
    this.#pointOf(run + 1);
  }

  #pointOf(run: number): { run: number; point: ResumePoint } {
    if (this.#current?.run !== run) this.#current = { run, point: this.#options.resume?.(run) ?? new ResumePoint() };
    return this.#current;
  }

  async #read({ run, point, previous = false, follow = false }: Reading): Promise<void> {
    const { kube, pod, container, slots } = this.#options;
    using slot = await slots.acquire(pod.namespace ?? '', this.#stop.signal);
    const own = new AbortController();
    const end = () => own.abort();
    slot.taken.addEventListener('abort', end);
    this.#stop.signal.addEventListener('abort', end);
    const unwatch = previous ? () => undefined : this.#endWhenOver(run, own);
    try {
      const splitter = new LineSplitter(LINE_BYTES + STAMP_BYTES);
      const { sinceTime } = point;
      point.reopen();
      const options = { container, previous, follow, timestamps: true, ...(sinceTime !== undefined && { sinceTime }) };
      for await (const chunk of kube.podLogStream(pod, { ...options, signal: own.signal })) {
        for (const split of splitter.push(chunk)) this.#take(split, run, point);
        await this.#pace(chunk.length, own.signal);
      }
      // Without its end a line is complete only where nothing is added any more.
      const rest = follow ? undefined : splitter.rest();
      if (rest !== undefined) this.#take(rest, run, point);
    } catch (error) {
      if (!own.signal.aborted) throw error;
    } finally {
      unwatch();
      slot.taken.removeEventListener('abort', end);
      this.#stop.signal.removeEventListener('abort', end);
    }
  }

  #take({ text, omittedBytes }: Split, run: number, point: ResumePoint): void {
    const line = parseLogLine(text);
    if (line !== undefined && point.take(line.time)) this.#options.sink.line(line, run, omittedBytes);
  }

  async #pace(bytes: number, signal: AbortSignal): Promise<void> {
    const ms = this.#options.sink.paceMs?.(bytes) ?? 0;
    if (ms > 0) await pause(ms, signal);
  }

  /** A stream may outlive its run: kubelet ends it with the container, a node that is lost never does. */
  #endWhenOver(run: number, own: AbortController): () => void {
    let timer: NodeJS.Timeout | undefined;
    let stopped = false;
    const look = (): void => {
      if (stopped || timer !== undefined) return;
      if (this.#gone || this.#state.run > run) timer = setTimeout(() => own.abort(), LAST_WORDS_MS);
      else void this.#changed.promise.then(look);
    };
    look();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }

  /** Until something has changed, or, if given, for `ms`. */
  async #pauseUntil(changed: Promise<void>, ms?: number): Promise<void> {
    if (ms === undefined) return await changed;
    const own = new AbortController();
    await Promise.race([changed, pause(ms, own.signal)]);
    own.abort();
  }
}

/** The API server said that it has no such log, for whatever reason; not that it is busy, or away. */
function isAnswer(error: unknown): boolean {
  return error instanceof KubeError && error.status >= 400 && error.status !== 429 && error.status !== 503;
}
