import type { DatabaseSync } from 'node:sqlite';
import { checkPayloadBytes, followUpsOf, MAX_BATCH, resultOf } from '../check-input.ts';
import { isRefused, STATES } from '../states.ts';
import {
  type Cursors,
  type EnqueueResult,
  type Entry,
  type FunctionCounts,
  type Immediate,
  type Lease,
  type LeasedEntry,
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
import { Admission, bytesOf } from './admission.ts';
import { Endings } from './endings.ts';
import { Eviction, type HasRoom } from './eviction.ts';
import { Ledger, type LedgerFunction } from './ledger.ts';
import { listPage, NEWEST, toEntry } from './list-page.ts';
import { contentOf, prepareStatements, type Row, type Statements } from './statements.ts';

export interface SqliteStoreOptions {
  limits: Limits;
  /** Milliseconds since the epoch. */
  nowMs: () => number;
  hasRoom: HasRoom;
}

/** Leases of a removed function's entries go with it, some at a time: about 10 ms. */
const REMOVED_AT_ONCE = 1_000;

/**
 * The operations, each within a transaction that the caller begins; `beforeCommit` has to be called before it ends, and
 * `afterRollback` after one that was taken back. Makes no use of time but by `nowMs`. Longer than 250 lines: it has each
 * method of a store.
 */
export class SqliteStore implements Immediate<Store> {
  readonly #db: DatabaseSync;
  readonly #options: SqliteStoreOptions;
  readonly #do: Statements;
  readonly #ledger: Ledger;
  readonly #admission: Admission;
  readonly #endings: Endings;
  readonly #eviction: Eviction;

  constructor(db: DatabaseSync, options: SqliteStoreOptions) {
    this.#db = db;
    this.#options = options;
    this.#do = prepareStatements(db);
    this.#ledger = new Ledger(db);
    this.#admission = new Admission(this.#do, this.#ledger, options.limits);
    this.#endings = new Endings(this.#do, this.#ledger, options.limits);
    const { hasRoom } = options;
    this.#eviction = new Eviction({ ledger: this.#ledger, statements: this.#do, endings: this.#endings, hasRoom });
  }

  beforeCommit(): void {
    this.#ledger.flush();
  }

  afterRollback(): void {
    this.#ledger.reload();
    this.#endings.reload();
  }

  enqueue(batch: readonly NewEntry[], cursors: Cursors = new Map()): EnqueueResult[] {
    const nowMs = this.#now();
    if (!this.#hasRoom(batch))
      throw new StoreError(
        'DiskFull',
        'the disk of the queue is full: nothing more is accepted until entries are done',
      );
    for (const [key, value] of cursors) {
      if (value === undefined) this.#do.removeCursor.run(key);
      else this.#do.setCursor.run(key, value);
    }
    return batch.map((entry) => this.#admission.enqueue(entry, nowMs));
  }

  cursors(prefix: string, after = ''): [key: string, value: string][] {
    const wanted = { prefix, after, limit: MAX_BATCH };
    const rows = this.#do.cursors.all(wanted) as unknown as { key: string; value: string }[];
    return rows.map(({ key, value }) => [key, value]);
  }

  lease(room: ReadonlyMap<string, number>, leaseMs: number): LeaseResult {
    const nowMs = this.#now();
    const entries: LeasedEntry[] = [];
    let nextDueMs: number | undefined;
    for (const [uid, places] of room) {
      const f = this.#ledger.function(uid);
      if (f === undefined || f.waiting + f.leased === 0) continue;
      const wanted = Math.min(places, MAX_BATCH - entries.length);
      const due = wanted > 0 ? (this.#do.due.all(f.fn, nowMs, wanted) as unknown as Row[]) : [];
      for (const row of due) entries.push(this.#leaseOne(f, row, nowMs + leaseMs));
      if (due.length >= places) continue;
      const next = this.#do.nextDue.get(f.fn)?.due_at as number | undefined;
      if (next !== undefined) nextDueMs = Math.min(next, nextDueMs ?? next);
    }
    return { entries, nextDueMs };
  }

  extend(leases: readonly Lease[], leaseMs: number): boolean[] {
    const untilMs = this.#now() + leaseMs;
    return leases.map((lease) => {
      const row = this.#held(lease);
      if (row !== undefined) this.#do.extend.run(untilMs, row.seq);
      return row !== undefined;
    });
  }

  settle(batch: readonly Settlement[]): Settled[] {
    const nowMs = this.#now();
    const bytes = batch.reduce((sum, settlement) => sum + (resultOf(settlement)?.byteLength ?? 0), 0);
    // Without room for the answers it is without them that all of these end.
    const keepsResults = bytes === 0 || this.#eviction.makeRoom(bytes, 'answers');
    const held = batch.map((settlement) => this.#settleOne(settlement, { nowMs, keepsResults }));
    return batch.map((settlement, at) => {
      const holds = held[at] === true;
      return { holds, dropped: holds ? this.#follow(followUpsOf(settlement), nowMs) : 0 };
    });
  }

  cancel(ids: readonly string[]): boolean[] {
    const nowMs = this.#now();
    return ids.map((id) => {
      const row = this.#row(id);
      if (row === undefined || row.expires_at !== null) return false;
      this.#endings.end(row, { nowMs, state: 'cancelled', note: row.note });
      return true;
    });
  }

  redrive(ids: readonly string[]): boolean[] {
    const nowMs = this.#now();
    return ids.map((id) => {
      const row = this.#row(id);
      if (row === undefined || STATES[row.state] !== 'buried') return false;
      this.#endings.redrive(row, nowMs);
      return true;
    });
  }

  forget(ids: readonly string[]): boolean[] {
    this.#now();
    return ids.map((id) => {
      const row = this.#row(id);
      if (row === undefined || row.expires_at === null) return false;
      this.#endings.remove(row);
      return true;
    });
  }

  cancelByOwner(uid: string): { removed: number; more: boolean } {
    this.#now();
    const f = this.#ledger.function(uid);
    if (f === undefined) return { removed: 0, more: false };
    const rows = this.#do.newest.all(f.fn, NEWEST, REMOVED_AT_ONCE) as unknown as Row[];
    for (const row of rows) this.#endings.remove(row);
    return { removed: rows.length, more: STATES.some((state) => f[state] > 0) };
  }

  entry(id: string): Entry | undefined {
    this.#now();
    const row = this.#row(id);
    return row && toEntry(row, this.#ledger.functionOf(row.fn));
  }

  payload(id: string): Payload | undefined {
    return this.payloads([id])[0];
  }

  payloads(ids: readonly string[]): (Payload | undefined)[] {
    this.#now();
    const rows = ids.map((id) => this.#row(id));
    checkPayloadBytes(rows.map((row) => row?.bytes ?? 0));
    return rows.map((row) => row && this.#payload(row));
  }

  result(id: string): Uint8Array | undefined {
    this.#now();
    const row = this.#row(id);
    return row && (this.#do.result.get(contentOf(row))?.result as Uint8Array | undefined);
  }

  list(filter: ListFilter, page: { cursor?: string | undefined; limit: number }): Page {
    this.#now();
    const rowsBefore = (f: LedgerFunction, seq: number) =>
      this.#do.newest.iterate(f.fn, seq, -1) as IterableIterator<unknown> as IterableIterator<Row>;
    return listPage(this.#ledger.functions(), { ...page, filter, rowsBefore });
  }

  counts(uid?: string): FunctionCounts[] {
    this.#now();
    const wanted = this.#ledger.functions().filter(({ owner }) => uid === undefined || owner.uid === uid);
    return wanted.map(({ fn: _, ...counts }) => ({ ...counts, owner: { ...counts.owner } }));
  }

  totals(): Totals {
    return this.#ledger.totals;
  }

  unaccounted(): number {
    const { accepted, done, buried, cancelled } = this.#ledger.totals;
    return accepted - (this.#do.countOpen.get()?.open as number) - done - buried - cancelled;
  }

  close(): void {
    this.#db.close();
  }

  /** Each operation first forgets what has expired. */
  #now(): number {
    const nowMs = Math.floor(this.#options.nowMs());
    this.#endings.forgetExpired(nowMs);
    return nowMs;
  }

  #settleOne(settlement: Settlement, { nowMs, keepsResults }: { nowMs: number; keepsResults: boolean }): boolean {
    const row = this.#held(settlement);
    if (row === undefined) return false;
    const note = settlement.note ?? null;
    if (settlement.outcome !== 'again') {
      const { outcome: state, keepMs } = settlement;
      const result = keepsResults ? settlement.result : undefined;
      this.#endings.end(row, { nowMs, state, result, note, keepMs });
      return true;
    }
    const uncounted = settlement.counts ? 0 : 1;
    this.#do.again.run({ uncounted, notBeforeMs: settlement.notBeforeMs, note, seq: row.seq });
    const { bytes } = row;
    this.#ledger.move(this.#ledger.functionOf(row.fn), {
      from: { state: 'leased', bytes },
      to: { state: 'waiting', bytes },
    });
    return true;
  }

  /** Returns how many were refused. */
  #follow(followUps: readonly NewEntry[], nowMs: number): number {
    if (followUps.length > 0 && !this.#hasRoom(followUps)) return followUps.length;
    const results = followUps.map((entry) => this.#admission.enqueue(entry, nowMs));
    return results.filter(isRefused).length;
  }

  #hasRoom(entries: readonly NewEntry[]): boolean {
    const bytes = entries.reduce((sum, entry) => sum + bytesOf(entry), 0);
    return this.#eviction.makeRoom(bytes, 'new entries');
  }

  #leaseOne(f: LedgerFunction, row: Row, untilMs: number): LeasedEntry {
    const epoch = this.#ledger.nextEpoch();
    this.#do.lease.run(epoch, untilMs, row.seq);
    const { id, bytes, enqueued_at: enqueuedAtMs, age_from: ageFromMs } = row;
    const from = STATES[row.state] as Entry['state'];
    if (from === 'waiting') this.#ledger.move(f, { from: { state: from, bytes }, to: { state: 'leased', bytes } });
    const attempt = row.attempts + 1;
    const times = { enqueuedAtMs, ageFromMs: ageFromMs ?? enqueuedAtMs };
    return { id, epoch, uid: f.owner.uid, attempt, ...times, orderingKey: row.ordering_key ?? undefined, bytes };
  }

  #held({ id, epoch }: Lease): Row | undefined {
    const row = this.#row(id);
    return row !== undefined && row.epoch === epoch && STATES[row.state] === 'leased' ? row : undefined;
  }

  #row(id: string): Row | undefined {
    return this.#do.byId.get(id) as unknown as Row | undefined;
  }

  #payload(row: Row): Payload | undefined {
    const found = this.#do.payload.get(contentOf(row)) as Payload | undefined;
    return found && { head: found.head, body: found.body };
  }
}
