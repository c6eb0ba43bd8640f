import type { DatabaseSync } from 'node:sqlite';
import type { Limits } from '../store.ts';
import { Disk } from './disk.ts';
import { commitTogether, type Outcome } from './group-commit.ts';
import { inWords } from './open-database.ts';
import { SqliteStore } from './sqlite-store.ts';
import { toFailure, type WorkerAnswer, type WorkerRequest } from './worker-messages.ts';

/** Entries that the requests of one transaction change, about: none waits long for the others of its group. */
const GROUP = 500;

interface RequestServerOptions {
  path: string;
  limits: Limits;
  answer: (answers: WorkerAnswer[]) => void;
}

/**
 * Answers requests in groups, each in one transaction. What comes during one turn of the event loop, which a commit takes, is
 * the next group: the slower the disk, the larger the groups. Turns without requests give unused pages back to the disk.
 */
export class RequestServer {
  readonly #db: DatabaseSync;
  readonly #options: RequestServerOptions;
  readonly #store: SqliteStore;
  readonly #disk: Disk;
  #waiting: WorkerRequest[] = [];
  #isScheduled = false;
  /** Of the request that is run. */
  #nowMs = 0;

  constructor(db: DatabaseSync, options: RequestServerOptions) {
    this.#db = db;
    this.#options = options;
    this.#disk = new Disk(db, options.path);
    this.#store = new SqliteStore(db, {
      limits: options.limits,
      nowMs: () => this.#nowMs,
      hasRoom: (bytes, what) => this.#disk.hasRoom(bytes, what),
    });
  }

  take(request: WorkerRequest): void {
    this.#waiting.push(request);
    this.#schedule();
  }

  /** Answers all that waits. */
  close(): void {
    while (this.#waiting.length > 0) this.#commit();
    this.#store.close();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (!this.#db.isOpen) return;
      if (this.#waiting.length > 0) this.#commit();
      if (this.#waiting.length > 0 || this.#shrinks()) this.#schedule();
    });
  }

  #commit(): void {
    let weight = 0;
    const end = this.#waiting.findIndex((request) => {
      weight += request.weight;
      return weight > GROUP;
    });
    const group = this.#waiting.splice(0, end === -1 ? this.#waiting.length : Math.max(end, 1));
    const operations = group.map((request) => () => this.#run(request));
    const outcomes = commitTogether(this.#db, this.#store, operations);
    this.#options.answer(group.map((request, at) => this.#answer(request, outcomes[at] as Outcome)));
  }

  #run({ method, args, nowMs }: WorkerRequest): unknown {
    this.#nowMs = nowMs;
    if (method === 'space') return this.#disk.space();
    return (this.#store[method] as (...args: readonly unknown[]) => unknown).apply(this.#store, [...args]);
  }

  #answer({ number }: WorkerRequest, outcome: Outcome): WorkerAnswer {
    if ('value' in outcome) return { number, value: outcome.value };
    return { number, failure: toFailure(inWords(outcome.error, this.#options.path)) };
  }

  #shrinks(): boolean {
    try {
      return this.#disk.shrink();
    } catch {
      // It needs room itself; the next request tries again.
      return false;
    }
  }
}
