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
  settlementBytes,
} from '../check-input.ts';
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
} from '../store.ts';
import { ONE, PAYLOAD, PAYLOADS, REMOVAL, RESULT, Waiting, type Weight, weightOf } from '../waiting.ts';
import { Connections, type Query } from './connections.ts';
import { isEmpty } from './counts.ts';
import { readCursors, writeCursors } from './cursors.ts';
import { cancel, settle } from './endings.ts';
import { enqueue } from './enqueue.ts';
import { inWords } from './errors.ts';
import { Lane } from './lane.ts';
import { extend, lease } from './leases.ts';
import { migrate } from './migrate.ts';
import { readEntry, readPage, readPayloads, readResult, readTotals, readUnaccounted } from './reads.ts';
import { redrive } from './redrive.ts';
import { foldCounts, forget, removeByOwner } from './removal.ts';
import type { Transaction } from './transaction.ts';

interface PostgresStoreOptions {
  /** `postgres://user:password@host:5432/database`, TLS by `sslmode` and `sslrootcert` as PostgreSQL's own programs read them. */
  url: string;
  limits: Limits;
  /** Milliseconds since the epoch. Without it the database's clock counts, so that all its dispatchers have the same. */
  nowMs?: () => number;
  /** Of this process, in milliseconds since the epoch: by it `lease` says when something is due. */
  ownMs?: () => number;
}

/** By what the lane knows calls that can be run as one. */
const ENQUEUE = { run: enqueue };
const SETTLE = { run: settle };

/**
 * A store in the schema `catnap` of a database that any number of dispatchers may share. Calls that change something keep their
 * order, and those that come while a transaction runs share the next; what only reads runs beside them. Loaded only where a
 * database is named.
 */
export class PostgresStore implements Store, AsyncDisposable {
  readonly #connections: Connections;
  readonly #lane: Lane;
  readonly #nowMs: (() => number) | undefined;
  readonly #ownMs: () => number;
  readonly #reading = new Waiting('what is read of the queue');
  #isClosed = false;
  readonly #ended = Promise.withResolvers<void>();

  /** Rejects with a StoreError where there can be no store, or the database does not answer. */
  static async open(options: PostgresStoreOptions): Promise<PostgresStore> {
    const connections = new Connections(options.url);
    try {
      await connections.use(migrate);
    } catch (error) {
      await connections.end();
      throw inWords(error);
    }
    return new PostgresStore(connections, options);
  }

  private constructor(connections: Connections, { limits, nowMs, ownMs = nowMs ?? Date.now }: PostgresStoreOptions) {
    this.#connections = connections;
    this.#nowMs = nowMs;
    this.#ownMs = ownMs;
    this.#lane = new Lane(connections, limits);
  }

  /** Resolves once it is closed: what fails of the database is told by each call, and may be over by the next. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** The disk is the database's matter. */
  async space(): Promise<undefined> {
    return undefined;
  }

  async enqueue(batch: readonly NewEntry[], cursors: Cursors = new Map()): Promise<EnqueueResult[]> {
    checkBatch(batch);
    checkCursors(cursors);
    for (const entry of batch) checkNewEntry(entry);
    const bytes = batch.reduce((sum, { head, body }) => sum + head.byteLength + body.byteLength, 0);
    const weight = weightOf([...batch, ...cursors], bytes);
    if (cursors.size === 0) return this.#lane.doBatch(ENQUEUE, batch, { nowMs: this.#now(), weight });
    return this.#do(async (tx, nowMs) => {
      await writeCursors(tx, cursors);
      return await enqueue(tx, batch, nowMs);
    }, weight);
  }

  async cursors(prefix: string, after?: string): Promise<[key: string, value: string][]> {
    checkCursorKeys(prefix, after);
    return this.#read((query) => readCursors(query, prefix, after), PAYLOADS);
  }

  async lease(room: ReadonlyMap<string, number>, leaseMs: number): Promise<LeaseResult> {
    checkLease(room, leaseMs);
    return this.#do(async (tx, nowMs) => {
      // Who waits until then does so by its own clock: were it ahead of the database's, it would ask again and again.
      const aheadMs = this.#nowMs === undefined ? this.#ownMs() - nowMs : 0;
      const { entries, nextDueMs } = await lease(tx, { room, leaseMs }, nowMs);
      return { entries, nextDueMs: nextDueMs === undefined ? undefined : nextDueMs + aheadMs };
    });
  }

  async extend(leases: readonly Lease[], leaseMs: number): Promise<boolean[]> {
    checkBatch(leases);
    checkLeaseMs(leaseMs);
    return this.#do((tx, nowMs) => extend(tx, { leases, leaseMs }, nowMs), weightOf(leases));
  }

  async settle(batch: readonly Settlement[]): Promise<Settled[]> {
    checkBatch(batch);
    for (const settlement of batch) checkSettlement(settlement);
    const bytes = batch.reduce((sum, settlement) => sum + settlementBytes(settlement), 0);
    const followUps = batch.flatMap(followUpsOf);
    // What follows comes after all of its own batch has ended, and before what ends in the next.
    if (followUps.length > 0)
      return this.#do((tx, nowMs) => settle(tx, batch, nowMs), weightOf([...batch, ...followUps], bytes));
    return this.#lane.doBatch(SETTLE, batch, { nowMs: this.#now(), weight: weightOf(batch, bytes) });
  }

  async cancel(ids: readonly string[]): Promise<boolean[]> {
    checkBatch(ids);
    return this.#do((tx, nowMs) => cancel(tx, ids, nowMs), weightOf(ids));
  }

  async redrive(ids: readonly string[]): Promise<boolean[]> {
    checkBatch(ids);
    return this.#do((tx, nowMs) => redrive(tx, ids, nowMs), weightOf(ids));
  }

  async forget(ids: readonly string[]): Promise<boolean[]> {
    checkBatch(ids);
    return this.#do((tx) => forget(tx, ids), weightOf(ids));
  }

  cancelByOwner(uid: string): Promise<{ removed: number; more: boolean }> {
    return this.#do((tx) => removeByOwner(tx, uid), REMOVAL);
  }

  entry(id: string): Promise<Entry | undefined> {
    return this.#read((query) => readEntry(query, id, this.#now()));
  }

  async payload(id: string): Promise<Payload | undefined> {
    return (await this.#read((query) => readPayloads(query, [id], this.#now()), PAYLOAD))[0];
  }

  async payloads(ids: readonly string[]): Promise<(Payload | undefined)[]> {
    checkBatch(ids);
    return this.#read((query) => readPayloads(query, ids, this.#now()), PAYLOADS);
  }

  result(id: string): Promise<Uint8Array | undefined> {
    return this.#read((query) => readResult(query, id, this.#now()), RESULT);
  }

  async list(filter: ListFilter, page: { cursor?: string | undefined; limit: number }): Promise<Page> {
    checkPage(page);
    const functions = await this.counts(filter.uid);
    return this.#read((query) => readPage(query, functions, { ...page, filter, nowMs: this.#now() }));
  }

  counts(uid?: string): Promise<FunctionCounts[]> {
    return this.#do(async (tx) => {
      await tx.writeCounts();
      const all = await tx.functionCounts(uid === undefined ? undefined : [uid]);
      await foldCounts(
        tx,
        all.filter(isEmpty).map(({ owner }) => owner.uid),
      );
      return all.filter((counts) => !isEmpty(counts));
    });
  }

  totals(): Promise<Totals> {
    return this.#read(readTotals);
  }

  unaccounted(): Promise<number> {
    return this.#read(readUnaccounted);
  }

  /** Waits for what was asked before. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#lane.close();
    await this.#connections.end();
    this.#ended.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #now(): number | undefined {
    return this.#nowMs === undefined ? undefined : Math.floor(this.#nowMs());
  }

  #do<T>(work: (tx: Transaction, nowMs: number) => Promise<T>, weight: Weight = ONE): Promise<T> {
    return this.#lane.do(work, this.#now(), weight);
  }

  async #read<T>(run: (query: Query) => Promise<T>, weight: Weight = ONE): Promise<T> {
    if (this.#isClosed) throw new StoreError('Closed', 'the store is closed');
    const busy = this.#reading.refusal(weight);
    if (busy !== undefined) throw busy;
    this.#reading.add(weight);
    try {
      return await run((statement, values) => this.#connections.query(statement, values));
    } catch (error) {
      throw inWords(error);
    } finally {
      this.#reading.remove(weight);
    }
  }
}
