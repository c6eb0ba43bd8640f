/** Open: `waiting`, `leased`. Ended: `done`, `buried` (given up, kept with its payload), `cancelled`. */
export type EntryState = 'waiting' | 'leased' | 'done' | 'buried' | 'cancelled';

/** The function that an entry is for. Its uid decides: a new function of the same name inherits nothing. */
export interface Owner {
  uid: string;
  namespace: string;
  name: string;
}

/** What is called. The store does not look into it. */
export interface Payload {
  /** Method, path, headers, in whatever form the caller gives them. */
  head: Uint8Array;
  body: Uint8Array;
}

export interface NewEntry extends Payload {
  /** Unique in the store: an id that is there already is not enqueued again. */
  id: string;
  owner: Owner;
  /** Entries of one owner with the same key are leased one at a time, in the order in which they were accepted. */
  orderingKey?: string | undefined;
  /** A second entry of this owner with the same key is the first one, or a conflict where the fingerprints differ. */
  dedup?: { key: string; fingerprint: string } | undefined;
  /** Not leased before, in milliseconds since the epoch. */
  notBeforeMs?: number | undefined;
}

/** By key: what a source of entries has to know again after a restart, such as how far it has come; undefined removes it. */
export type Cursors = ReadonlyMap<string, string | undefined>;

export type Bounded = 'function entries' | 'function bytes' | 'namespace entries' | 'namespace bytes';

/** `exists` and `conflict` name the entry that is there already. */
export type EnqueueResult =
  | { outcome: 'accepted' }
  | { outcome: 'exists'; id: string; state: EntryState }
  | { outcome: 'conflict'; id: string }
  | { outcome: 'full'; bound: Bounded };

/** A right to settle or extend. The epoch is another one at each lease of any entry, so that a late holder harms nothing. */
export interface Lease {
  id: string;
  epoch: number;
}

export interface LeasedEntry extends Lease {
  uid: string;
  /** 1 at the first; those that were said not to count are not counted. */
  attempt: number;
  enqueuedAtMs: number;
  /** Its age counts from then: when it was accepted or could first run, whichever came later; or when it was redriven. */
  ageFromMs: number;
  orderingKey: string | undefined;
  /** Of the payload, which `payload` reads. */
  bytes: number;
}

export interface LeaseResult {
  /** By owner in the order asked, those that were due first in front. */
  entries: LeasedEntry[];
  /** When one of the owners asked that have room left has something due; undefined: not before the next enqueue or settle. */
  nextDueMs: number | undefined;
}

export type Settlement = Lease & {
  /** For people: what the last attempt came to. At most 1,024 characters. */
  note?: string | undefined;
} & (
    | {
        outcome: 'done' | 'buried';
        /** At most 1 MiB and 64 KiB. */
        result?: Uint8Array | undefined;
        /** How long it is kept, where not as the limits say: up to 366 days, 0: it is forgotten at once. */
        keepMs?: number | undefined;
        /**
         * Enqueued in the same transaction, after all of the batch has ended: at most 8. One that is there already is not enqueued
         * again, one that does not fit is dropped.
         */
        followUps?: readonly NewEntry[] | undefined;
      }
    | { outcome: 'again'; notBeforeMs: number; counts: boolean }
  );

export interface Settled {
  /** False: the lease is lost, and nothing happened. */
  holds: boolean;
  /** Of its follow-ups, those that were refused: by a bound, a conflict, or a full disk. */
  dropped: number;
}

/** Without its payload. */
export interface Entry {
  id: string;
  owner: Owner;
  state: EntryState;
  attempts: number;
  orderingKey: string | undefined;
  enqueuedAtMs: number;
  /** When it may be leased next, or when its lease ends; undefined: it ended, or another one of its ordering key comes first. */
  dueAtMs: number | undefined;
  /** When it is forgotten; undefined while open. */
  expiresAtMs: number | undefined;
  /** Of what is kept for it: payload, result. */
  bytes: number;
  note: string | undefined;
}

export interface ListFilter {
  namespace?: string | undefined;
  uid?: string | undefined;
  state?: EntryState | undefined;
}

/** A page may be short, or empty, with a cursor to go on: each page looks at a bounded number of entries. */
export interface Page {
  entries: Entry[];
  /** Undefined: there are no more. */
  cursor: string | undefined;
}

/** Of one function: entries by state, and bytes of the open, of those done or cancelled, and of the buried. */
export interface FunctionCounts extends Record<EntryState, number> {
  owner: Owner;
  openBytes: number;
  keptBytes: number;
  buriedBytes: number;
}

/**
 * Since the store was made. All but `buried` only grow: a redrive takes one from it and adds one to `redriven`, so that the sum
 * of both is how often an entry was buried.
 */
export interface Totals {
  accepted: number;
  done: number;
  buried: number;
  cancelled: number;
  redriven: number;
}

export interface Bound {
  entries: number;
  bytes: number;
}

/** What is kept of the ended entries of each function; those that would be forgotten next go first. */
interface Kept extends Bound {
  ageMs: number;
}

export interface Limits {
  /** Of open entries. */
  perFunction: Bound;
  /** Of open entries. */
  perNamespace: Bound;
  /** Done and cancelled. */
  results: Kept;
  buried: Kept;
}

const HOUR_MS = 3_600_000;
const MIB = 1_048_576;

export const DEFAULT_LIMITS: Limits = {
  perFunction: { entries: 1_000, bytes: 64 * MIB },
  perNamespace: { entries: 10_000, bytes: 256 * MIB },
  results: { entries: 10_000, bytes: 64 * MIB, ageMs: HOUR_MS },
  buried: { entries: 1_000, bytes: 64 * MIB, ageMs: 7 * 24 * HOUR_MS },
};

/**
 * Longer than 250 lines: most of it are sentences about what a driver has to do.
 *
 * Durable work. What a promise says has happened is on disk when it resolves; a batch is one transaction. Times are
 * milliseconds since the epoch by the store's clock, which may be set back: then leases last longer.
 *
 * Guarantees: each accepted entry is leased at least once unless it is cancelled; two leases of an entry never hold at the same
 * time; accepted = open + done + buried + cancelled. Not guaranteed: that an entry is delivered only once.
 */
export interface Store {
  /**
   * At most 1,000. One result for each, in the same order; an entry sees those before it. `cursors`, at most 1,000 too, are
   * written in the same transaction, whatever the results are.
   */
  enqueue(batch: readonly NewEntry[], cursors?: Cursors): Promise<EnqueueResult[]>;
  /**
   * The cursors whose keys begin with `prefix` and come after the key `after`, in the order of their keys: at most 1,000. The next
   * are asked for with the last key; none: that was all.
   */
  cursors(prefix: string, after?: string): Promise<[key: string, value: string][]>;
  /**
   * Leases what is due, for `leaseMs`, at most as many of each owner uid as `room` says and 1,000 in all. A lease that ended is
   * due again, and has cost an attempt. It costs by the room and the owners asked, not by how much waits. Room and `leaseMs` are
   * whole numbers, not negative.
   */
  lease(room: ReadonlyMap<string, number>, leaseMs: number): Promise<LeaseResult>;
  /**
   * At most 1,000. False where the lease is lost. One that ended can be extended until another took the entry. It may be asked
   * again as often as one likes: after `Busy` the leases are what they were, and the caller asks again before they end.
   */
  extend(leases: readonly Lease[], leaseMs: number): Promise<boolean[]>;
  /** At most 1,000. A lease that ended holds until another took the entry. */
  settle(batch: readonly Settlement[]): Promise<Settled[]>;
  /** False for an entry that is not open. Who holds its lease has lost it. */
  cancel(ids: readonly string[]): Promise<boolean[]>;
  /**
   * Buried entries wait again as if they were new: no attempt counts, nothing is kept of the last one, the age begins now, and of
   * their ordering key they are the last. At most 1,000; false for one that is not buried. Bounds of open entries do not refuse
   * it, for it was kept already.
   */
  redrive(ids: readonly string[]): Promise<boolean[]>;
  /** Removes ended entries before their time; what was counted stays so. At most 1,000; false for one that is open or unknown. */
  forget(ids: readonly string[]): Promise<boolean[]>;
  /**
   * Removes all entries of a function that is gone, the ended ones too: some thousand at a time, to hold up nothing else. `more`:
   * there are more to remove.
   */
  cancelByOwner(uid: string): Promise<{ removed: number; more: boolean }>;
  entry(id: string): Promise<Entry | undefined>;
  /** Undefined where there is none any more: only open and buried entries have one. */
  payload(id: string): Promise<Payload | undefined>;
  /** As many, in the same order; several may have 16 MiB together, else it rejects with a RangeError (`bytes` of a lease says it). */
  payloads(ids: readonly string[]): Promise<(Payload | undefined)[]>;
  /** What its settlement gave; undefined: nothing, or the entry is open or forgotten. */
  result(id: string): Promise<Uint8Array | undefined>;
  /** By owner uid, the newest of each first. `limit` 1 to 1,000. Throws a RangeError for a cursor that no page gave. */
  list(filter: ListFilter, page: { cursor?: string | undefined; limit: number }): Promise<Page>;
  /** Of the functions that have entries: of this uid, or of all, by uid. Looks at no entry. */
  counts(uid?: string): Promise<FunctionCounts[]>;
  totals(): Promise<Totals>;
  /** Counts the entries one by one: accepted − open − done − buried − cancelled. Anything but 0 is a fault of the store. */
  unaccounted(): Promise<number>;
  close(): Promise<void>;
}

/** The same at once: of what a store is made that has its data at hand. */
export type Immediate<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => Promise<infer R> ? (...args: A) => R : never;
};

/**
 * `DiskFull`: no room for more; what ends entries still works. `Busy`: too much waits for the disk. `Unreachable`: the
 * database does not answer; what was asked may have happened or not. `Closed`: there is no store any more. `Unusable`: the data is
 * damaged, of a newer version, of another program or in use, or stands where none may.
 */
export type StoreErrorCode = 'DiskFull' | 'Busy' | 'Unreachable' | 'Closed' | 'Unusable' | 'Failed';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
