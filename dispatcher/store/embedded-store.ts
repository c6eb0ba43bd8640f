import { Worker } from 'node:worker_threads';
import {
  checkBatch,
  checkCursorKeys,
  checkCursors,
  checkLease,
  checkLeaseMs,
  checkNewEntry,
  checkPage,
  checkSettlement,
  followUpsOf,
  resultOf,
  settlementBytes,
} from './check-input.ts';
import type { Space } from './sqlite/disk.ts';
import type { Failure, WorkerData, WorkerMessage, WorkerRequest } from './sqlite/worker-messages.ts';
import {
  type Cursors,
  type EnqueueResult,
  type Entry,
  type FunctionCounts,
  type Lease,
  type LeaseResult,
  type Limits,
  type ListFilter,
  type NewEntry,
  type Page,
  type Payload,
  type Settled,
  type Settlement,
  type Store,
  StoreError,
  type Totals,
} from './store.ts';
import { ONE, PAYLOAD, PAYLOADS, REMOVAL, RESULT, Waiting, type Weight, weightOf } from './waiting.ts';

interface EmbeddedStoreOptions {
  /** Of the database; its folder has to be there, on a disk of this machine. Beside it stands its write-ahead log. */
  path: string;
  limits: Limits;
  /** Milliseconds since the epoch. */
  nowMs?: () => number;
  /** The program of the thread, where it is not beside this file. */
  worker?: URL;
}

interface Call extends Weight {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const MAX_HEAP_MIB = 64;
/**
 * A store in one file of this machine, for one process. The disk is waited for in a thread, so that a slow one holds up
 * nothing else; calls keep their order, and those that come while it is written share the next write. Longer than 250 lines: it
 * has each method of a store.
 */
export class EmbeddedStore implements Store, AsyncDisposable {
  readonly #worker: Worker;
  readonly #nowMs: () => number;
  readonly #calls = new Map<number, Call>();
  readonly #ended: Promise<void>;
  #number = 0;
  readonly #waiting = new Waiting('the disk of the queue');
  #isClosed = false;

  /** Rejects with a StoreError where there can be no store. */
  static async open(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
    const { path, limits, nowMs = Date.now, worker = new URL('./sqlite/worker.ts', import.meta.url) } = options;
    const workerData: WorkerData = { path, limits };
    const thread = new Worker(worker, {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
      // SQLite is experimental by name in Node 24: for this thread alone, which loads nothing else of that kind.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    const first = await new Promise<WorkerMessage>((resolve) => {
      const failed = (message: string) => resolve({ refused: { code: 'Failed', message } });
      thread.once('message', resolve);
      thread.once('error', (error: Error) => failed(`the store's thread failed: ${error.message}`));
      thread.once('exit', () => failed('the store ended before it was open'));
    });
    if (first !== 'opened') {
      await thread.terminate();
      throw errorOf('refused' in first ? first.refused : { code: 'Failed', message: 'not opened' });
    }
    return new EmbeddedStore(thread, nowMs);
  }

  private constructor(worker: Worker, nowMs: () => number) {
    this.#worker = worker;
    this.#nowMs = nowMs;
    worker.on('message', (message: WorkerMessage) => {
      if (Array.isArray(message)) for (const answer of message) this.#answered(answer);
    });
    let why = 'the store is closed';
    worker.on('error', (error: Error) => {
      why = `the store ended: ${error.message}`;
    });
    this.#ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#isClosed = true;
        for (const number of this.#calls.keys()) this.#answered({ number, failure: { code: 'Closed', message: why } });
        resolve();
      });
    });
  }

  /** Resolves once there is no store any more: it was closed, or its thread ended by itself. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  async enqueue(batch: readonly NewEntry[], cursors: Cursors = new Map()): Promise<EnqueueResult[]> {
    checkBatch(batch);
    checkCursors(cursors);
    for (const entry of batch) checkNewEntry(entry);
    const bytes = batch.reduce((sum, { head, body }) => sum + head.byteLength + body.byteLength, 0);
    const sent = batch.map(entryApart);
    return this.#call('enqueue', [sent, cursors], weightOf([...batch, ...cursors], bytes));
  }

  async cursors(prefix: string, after?: string): Promise<[key: string, value: string][]> {
    checkCursorKeys(prefix, after);
    return this.#call('cursors', [prefix, after], PAYLOADS);
  }

  async lease(room: ReadonlyMap<string, number>, leaseMs: number): Promise<LeaseResult> {
    checkLease(room, leaseMs);
    return this.#call('lease', [room, leaseMs]);
  }

  async extend(leases: readonly Lease[], leaseMs: number): Promise<boolean[]> {
    checkBatch(leases);
    checkLeaseMs(leaseMs);
    return this.#call('extend', [leases, leaseMs], weightOf(leases));
  }

  async settle(batch: readonly Settlement[]): Promise<Settled[]> {
    checkBatch(batch);
    for (const settlement of batch) checkSettlement(settlement);
    const bytes = batch.reduce((sum, settlement) => sum + settlementBytes(settlement), 0);
    const changed = batch.flatMap((settlement) => [settlement, ...followUpsOf(settlement)]);
    return this.#call('settle', [batch.map(settlementApart)], weightOf(changed, bytes));
  }

  async cancel(ids: readonly string[]): Promise<boolean[]> {
    checkBatch(ids);
    return this.#call('cancel', [ids], weightOf(ids));
  }

  async redrive(ids: readonly string[]): Promise<boolean[]> {
    checkBatch(ids);
    return this.#call('redrive', [ids], weightOf(ids));
  }

  async forget(ids: readonly string[]): Promise<boolean[]> {
    checkBatch(ids);
    return this.#call('forget', [ids], weightOf(ids));
  }

  cancelByOwner(uid: string): Promise<{ removed: number; more: boolean }> {
    return this.#call('cancelByOwner', [uid], REMOVAL);
  }

  entry(id: string): Promise<Entry | undefined> {
    return this.#call('entry', [id]);
  }

  payload(id: string): Promise<Payload | undefined> {
    return this.#call('payload', [id], PAYLOAD);
  }

  async payloads(ids: readonly string[]): Promise<(Payload | undefined)[]> {
    checkBatch(ids);
    return this.#call('payloads', [ids], PAYLOADS);
  }

  result(id: string): Promise<Uint8Array | undefined> {
    return this.#call('result', [id], RESULT);
  }

  async list(filter: ListFilter, page: { cursor?: string | undefined; limit: number }): Promise<Page> {
    checkPage(page);
    return this.#call('list', [filter, page]);
  }

  counts(uid?: string): Promise<FunctionCounts[]> {
    return this.#call('counts', [uid]);
  }

  totals(): Promise<Totals> {
    return this.#call('totals', []);
  }

  unaccounted(): Promise<number> {
    return this.#call('unaccounted', []);
  }

  space(): Promise<Space> {
    return this.#call('space', []);
  }

  /** Waits for what was asked before. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#worker.postMessage('close');
    return this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #call<T>(method: WorkerRequest['method'], args: readonly unknown[], weight = ONE): Promise<T> {
    if (this.#isClosed) return Promise.reject(new StoreError('Closed', 'the store is closed'));
    const busy = this.#waiting.refusal(weight);
    if (busy !== undefined) return Promise.reject(busy);
    this.#number += 1;
    const nowMs = Math.floor(this.#nowMs());
    const request: WorkerRequest = { number: this.#number, method, args, nowMs, weight: weight.entries };
    return new Promise<unknown>((resolve, reject) => {
      this.#worker.postMessage(request);
      this.#calls.set(request.number, { ...weight, resolve, reject });
      this.#waiting.add(weight);
    }) as Promise<T>;
  }

  #answered(answer: { number: number } & ({ value: unknown } | { failure: Failure })): void {
    const call = this.#calls.get(answer.number);
    if (call === undefined) return;
    this.#calls.delete(answer.number);
    this.#waiting.remove(call);
    if ('failure' in answer) call.reject(errorOf(answer.failure));
    else call.resolve(answer.value);
  }
}

/** A message to a thread has all of the buffer that bytes are a piece of, such as one that Node read a request into. */
function apart(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

function entryApart(entry: NewEntry): NewEntry {
  return { ...entry, head: apart(entry.head), body: apart(entry.body) };
}

function settlementApart(settlement: Settlement): Settlement {
  if (settlement.outcome === 'again') return settlement;
  const result = resultOf(settlement);
  return { ...settlement, result: result && apart(result), followUps: followUpsOf(settlement).map(entryApart) };
}

function errorOf({ code, message }: Failure): Error {
  return code === undefined ? new RangeError(message) : new StoreError(code, message);
}
