import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { logTime } from '#platform/pod-logs/log-line.ts';
import { ResumePoint } from '#platform/pod-logs/resume-point.ts';
import { readEpoch } from './epoch.ts';
import { FunctionLog, type Position } from './function-log.ts';
import { type LeftLines, leftIn } from './left-lines.ts';
import { LogReader } from './log-reader.ts';
import { type StoredLine, type StoredSource, sourceKey } from './segment.ts';

/** A function; its logs outlive it. */
export interface FunctionName {
  namespace: string;
  name: string;
}

export interface StoreOptions {
  folder: string;
  /** Of one function's lines, as they lie on disk. */
  perFunctionBytes: number;
  /** Of all. */
  totalBytes: number;
  /** How long a line is kept, in milliseconds. */
  keepMs: number;
  /** Milliseconds since the epoch; default: Date.now. */
  now?: () => number;
  /** Lines could not be written. */
  onError?: (error: unknown) => void;
}

/** Lines of so long are one write. */
const FLUSH_MS = 50;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Who is told of new lines. */
export interface Listening extends Disposable {
  /** The lines are gone with their namespace: what comes under its name may be another tenant's. */
  readonly isOver: boolean;
}

interface Kept {
  log: FunctionLog;
  readers: Set<() => void>;
  isForgotten: boolean;
  /** What an earlier process left, once it was looked at. */
  left: LeftLines | undefined;
}

/** Whether it names a function; it may stand in a path then. */
export function isFunctionName({ namespace, name }: FunctionName): boolean {
  return DNS_LABEL.test(namespace) && DNS_LABEL.test(name);
}

/**
 * The last lines of all functions. Each keeps its own latest; in all, the namespace that has most gives room first, of its
 * functions the largest. What a process of before has left is taken up.
 */
export class LogStore implements Disposable {
  /** Another one: positions of before mean nothing. */
  readonly epoch: string;
  readonly #options: StoreOptions;
  readonly #now: () => number;
  /** By namespace, then by name. */
  readonly #kept = new Map<string, Map<string, Kept>>();
  /** Since when a namespace is there: lines from before are of another one of its name. */
  readonly #begins = new Map<string, string>();
  #dirty = new Set<Kept>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    mkdirSync(options.folder, { recursive: true });
    this.epoch = readEpoch(join(options.folder, 'epoch'));
    for (const entry of readdirSync(options.folder, { withFileTypes: true })) {
      const [namespace = '', name = ''] = entry.name.split('.');
      if (entry.isDirectory() && isFunctionName({ namespace, name })) this.#of({ namespace, name });
    }
  }

  get perFunctionBytes(): number {
    return this.#options.perFunctionBytes;
  }

  /** On disk. */
  get bytes(): number {
    return sum([...this.#kept.values()].map(bytesOf));
  }

  get functions(): number {
    return sum([...this.#kept.values()].map(({ size }) => size));
  }

  /** Written a moment later. @param of isFunctionName */
  add(of: FunctionName, line: StoredLine): void {
    if (line.time < (this.#begins.get(of.namespace) ?? '')) return;
    const kept = this.#of(of);
    kept.log.add(line, this.#now());
    this.#dirty.add(kept);
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  /** Writes what was added, and tells those that read. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const dirty = this.#dirty;
    this.#dirty = new Set();
    for (const { log } of dirty) {
      try {
        log.flush(this.#now());
      } catch (error) {
        this.#options.onError?.(error);
      }
    }
    this.#makeRoom();
    for (const { readers } of dirty) for (const tell of readers) tell();
  }

  /** Undefined: there are no lines of it. */
  reader(of: FunctionName, from?: Position): LogReader | undefined {
    const kept = this.#kept.get(of.namespace)?.get(of.name);
    return kept === undefined ? undefined : new LogReader(kept.log, from);
  }

  /** Where the lines that come next will stand. */
  end(of: FunctionName): Position {
    return this.#of(of).log.end;
  }

  /** Calls `tell` when there are new lines, and when there will be none any more. */
  onAdded(of: FunctionName, tell: () => void): Listening {
    const kept = this.#of(of);
    kept.readers.add(tell);
    return {
      get isOver() {
        return kept.isForgotten;
      },
      [Symbol.dispose]: () => void kept.readers.delete(tell),
    };
  }

  /**
   * From where a run is to be read: where an earlier process left it, else from its first line that would be kept. What is
   * older than all that is left of a function that lost lines was read once.
   */
  resume(of: FunctionName, source: Pick<StoredSource, 'podUid' | 'container' | 'run'>): ResumePoint {
    const kept = this.#of(of);
    kept.left ??= leftIn(kept.log, logTime(this.#now()));
    const { points, cutAt = '' } = kept.left;
    const key = sourceKey(source);
    const point = points.get(key);
    points.delete(key);
    const tooOld = logTime(this.#now() - this.#options.keepMs);
    return point ?? ResumePoint.after([cutAt, tooOld].toSorted().at(-1) ?? tooOld);
  }

  /** Drops what is too old. To be called now and then. */
  expire(): void {
    const before = this.#now() - this.#options.keepMs;
    for (const namespace of [...this.#kept.keys()]) this.#dropBefore(namespace, before);
  }

  /** A namespace was made, in milliseconds since the epoch: lines from before are none of it, also those that are still to come. */
  begin(namespace: string, ms: number): void {
    this.#dropBefore(namespace, ms);
    this.#begins.set(namespace, logTime(ms));
  }

  /** A namespace is gone, and its lines with it; who follows them follows nothing any more. */
  forget(namespace: string): void {
    const functions = this.#kept.get(namespace);
    this.#kept.delete(namespace);
    this.#begins.delete(namespace);
    for (const kept of functions?.values() ?? []) {
      kept.log.remove();
      kept.isForgotten = true;
      for (const tell of kept.readers) tell();
    }
  }

  /** By whole segments. */
  #dropBefore(namespace: string, ms: number): void {
    if (this.#dirty.size > 0) this.flush();
    const functions = this.#kept.get(namespace) ?? new Map<string, Kept>();
    for (const [name, kept] of functions) {
      if (kept.log.dropBefore(ms) || kept.readers.size > 0) continue;
      kept.log.remove();
      functions.delete(name);
    }
    if (functions.size === 0) this.#kept.delete(namespace);
  }

  /** Whether there are lines of it. */
  has({ namespace, name }: FunctionName): boolean {
    return this.#kept.get(namespace)?.has(name) ?? false;
  }

  /** Namespaces of which there are lines. */
  get namespaces(): string[] {
    return [...this.#kept.keys()];
  }

  /** Writes what was added. */
  [Symbol.dispose](): void {
    this.flush();
  }

  #of({ namespace, name }: FunctionName): Kept {
    const functions = this.#kept.get(namespace) ?? new Map<string, Kept>();
    this.#kept.set(namespace, functions);
    const known = functions.get(name);
    if (known !== undefined) return known;
    const log = new FunctionLog(join(this.#options.folder, `${namespace}.${name}`), this.#options.perFunctionBytes);
    const kept: Kept = { log, readers: new Set(), isForgotten: false, left: undefined };
    functions.set(name, kept);
    return kept;
  }

  #makeRoom(): void {
    for (let over = this.bytes - this.#options.totalBytes; over > 0; ) {
      const kept = largest([...(largest([...this.#kept.values()], bytesOf)?.values() ?? [])], ({ log }) => log.bytes);
      if (kept === undefined) return;
      const before = kept.log.bytes;
      kept.log.dropOldest();
      over -= before - kept.log.bytes;
    }
  }
}

function bytesOf(functions: ReadonlyMap<string, Kept>): number {
  return sum([...functions.values()].map(({ log }) => log.bytes));
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function largest<T>(items: readonly T[], size: (item: T) => number): T | undefined {
  let best: { item: T; size: number } | undefined;
  for (const item of items) {
    const its = size(item);
    if (best === undefined || its > best.size) best = { item, size: its };
  }
  return best?.item;
}
