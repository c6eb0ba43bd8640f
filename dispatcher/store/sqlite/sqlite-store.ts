import type { DatabaseSync } from 'node:sqlite';
import {
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
  type Settlement,
  type Store,
  StoreError,
  type Totals,
} from '../store.ts';
import { MAX_BATCH } from './check-input.ts';
import { Endings } from './endings.ts';
import { Ledger, type LedgerFunction, STATES } from './ledger.ts';
import { listPage, NEWEST, toEntry } from './list-page.ts';
import { prepareStatements, type Row, type Statements } from './statements.ts';

export interface SqliteStoreOptions {
  limits: Limits;
  /** Milliseconds since the epoch. */
  nowMs: () => number;
  /** Whether the disk has room for so many bytes of new entries. */
  hasRoom: (bytes: number) => boolean;
}

/** Leases of a removed function's entries go with it, some at a time: about 10 ms. */
const REMOVED_AT_ONCE = 1_000;

/**
 * The operations, each within a transaction that the caller begins; `beforeCommit` has to be called before it ends, and
 * `afterRollback` after one that was taken back. Makes no use of time but by `nowMs`.
 */
export class SqliteStore implements Immediate<Store> {
  readonly #db: DatabaseSync;
  readonly #options: SqliteStoreOptions;
  readonly #do: Statements;
  readonly #ledger: Ledger;
  readonly #endings: Endings;

  constructor(db: DatabaseSync, options: SqliteStoreOptions) {
    this.#db = db;
    this.#options = options;
    this.#do = prepareStatements(db);
    this.#ledger = new Ledger(db);
    this.#endings = new Endings(this.#do, this.#ledger, options.limits);
  }

  beforeCommit(): void {
    this.#ledger.flush();
  }

  afterRollback(): void {
    this.#ledger.reload();
    this.#endings.reload();
  }

  enqueue(batch: readonly NewEntry[]): EnqueueResult[] {
    const nowMs = this.#now();
    if (!this.#options.hasRoom(batch.reduce((sum, entry) => sum + bytesOf(entry), 0)))
      throw new StoreError(
        'DiskFull',
        'the disk of the queue is full: nothing more is accepted until entries are done',
      );
    return batch.map((entry) => this.#enqueueOne(entry, nowMs));
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

  settle(batch: readonly Settlement[]): boolean[] {
    const nowMs = this.#now();
    return batch.map((settlement) => {
      const row = this.#held(settlement);
      if (row === undefined) return false;
      const note = settlement.note ?? null;
      if (settlement.outcome !== 'again') {
        this.#endings.end(row, { nowMs, state: settlement.outcome, result: settlement.result, note });
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
    const seq = this.#seq(id);
    const row = seq === undefined ? undefined : (this.#do.payload.get(seq) as Payload | undefined);
    return row && { head: row.head, body: row.body };
  }

  result(id: string): Uint8Array | undefined {
    const seq = this.#seq(id);
    return seq === undefined ? undefined : (this.#do.result.get(seq)?.result as Uint8Array | undefined);
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

  #enqueueOne(entry: NewEntry, nowMs: number): EnqueueResult {
    const there = this.#row(entry.id);
    if (there !== undefined) return { outcome: 'exists', id: there.id, state: STATES[there.state] as Entry['state'] };
    const { owner, dedup, orderingKey = null, notBeforeMs = nowMs } = entry;
    const known = this.#ledger.function(owner.uid);
    const same = known && dedup && (this.#do.byDedup.get(known.fn, dedup.key) as unknown as Row | undefined);
    if (same && dedup.fingerprint !== same.fingerprint) return { outcome: 'conflict', id: same.id };
    if (same) return { outcome: 'exists', id: same.id, state: STATES[same.state] as Entry['state'] };
    const bytes = bytesOf(entry);
    const bound = this.#ledger.brokenBound(owner, bytes, this.#options.limits);
    if (bound !== undefined) return { outcome: 'full', bound };

    const { fn, seq } = this.#ledger.accept(owner, bytes);
    const isBehind = orderingKey !== null && this.#do.firstOpen.get(fn, orderingKey) !== undefined;
    const firstMs = Math.max(notBeforeMs, nowMs);
    const keys = { orderingKey, dedupKey: dedup?.key ?? null, fingerprint: dedup?.fingerprint ?? null };
    const times = { nowMs, notBeforeMs: firstMs, dueMs: isBehind ? null : firstMs };
    this.#do.insert.run({ seq, fn, id: entry.id, bytes, ...keys, ...times });
    this.#do.insertPayload.run(seq, entry.head, entry.body);
    return { outcome: 'accepted' };
  }

  #leaseOne(f: LedgerFunction, row: Row, untilMs: number): LeasedEntry {
    const epoch = this.#ledger.nextEpoch();
    this.#do.lease.run(epoch, untilMs, row.seq);
    const { id, bytes, enqueued_at: enqueuedAtMs } = row;
    const from = STATES[row.state] as Entry['state'];
    if (from === 'waiting') this.#ledger.move(f, { from: { state: from, bytes }, to: { state: 'leased', bytes } });
    const attempt = row.attempts + 1;
    return { id, epoch, uid: f.owner.uid, attempt, enqueuedAtMs, orderingKey: row.ordering_key ?? undefined, bytes };
  }

  #held({ id, epoch }: Lease): Row | undefined {
    const row = this.#row(id);
    return row !== undefined && row.epoch === epoch && STATES[row.state] === 'leased' ? row : undefined;
  }

  #row(id: string): Row | undefined {
    return this.#do.byId.get(id) as unknown as Row | undefined;
  }

  #seq(id: string): number | undefined {
    this.#now();
    return this.#row(id)?.seq;
  }
}

function bytesOf({ head, body }: Payload): number {
  return head.byteLength + body.byteLength;
}
