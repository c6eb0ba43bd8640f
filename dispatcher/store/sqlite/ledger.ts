import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { BYTES, isOpen, STATES } from '../states.ts';
import type { Bound, Bounded, EntryState, FunctionCounts, Limits, Owner, Totals } from '../store.ts';

export interface LedgerFunction extends FunctionCounts {
  /** By what the entries name it. */
  fn: number;
}

type Row = Record<EntryState, number> &
  Owner & { fn: number; open_bytes: number; kept_bytes: number; buried_bytes: number };

/** What became of an entry: where it stood and with how many bytes; undefined: it was not there, or is no more. */
interface Move {
  from?: { state: EntryState; bytes: number };
  to?: { state: EntryState; bytes: number };
}

/**
 * Counts by function, by namespace and in all, held in memory and written with the transaction that changed them. Takes
 * memory by the functions that have entries, not by the entries.
 */
export class Ledger {
  readonly #read: { functions: StatementSync; totals: StatementSync };
  readonly #write: { insert: StatementSync; update: StatementSync; remove: StatementSync; totals: StatementSync };
  readonly #byUid = new Map<string, LedgerFunction>();
  readonly #byNumber = new Map<number, LedgerFunction>();
  readonly #open = new Map<string, Bound>();
  readonly #changed = new Set<LedgerFunction>();
  #totals!: Totals & { leases: number };
  #totalsChanged = false;

  constructor(db: DatabaseSync) {
    this.#read = {
      functions: db.prepare('SELECT * FROM functions'),
      totals: db.prepare('SELECT accepted, done, buried, cancelled, redriven, leases FROM totals'),
    };
    this.#write = {
      insert: db.prepare('INSERT INTO functions VALUES (NULL, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0) RETURNING fn'),
      update: db.prepare(
        'UPDATE functions SET waiting = ?, leased = ?, done = ?, buried = ?, cancelled = ?, open_bytes = ?, kept_bytes = ?, ' +
          'buried_bytes = ? WHERE fn = ?',
      ),
      remove: db.prepare('DELETE FROM functions WHERE fn = ?'),
      totals: db.prepare(
        'UPDATE totals SET accepted = ?, done = ?, buried = ?, cancelled = ?, redriven = ?, leases = ?',
      ),
    };
    this.reload();
  }

  /** Reads all again: what was changed since the last `flush` is forgotten. Where it throws, nothing is to be counted on any more. */
  reload(): void {
    const totals = this.#read.totals.get() as unknown as Totals & { leases: number };
    const rows = this.#read.functions.all() as unknown as Row[];
    this.#totals = totals;
    this.#totalsChanged = false;
    for (const map of [this.#byUid, this.#byNumber, this.#open, this.#changed]) map.clear();
    for (const row of rows) this.#add(fromRow(row));
  }

  /** Writes what changed; to be called before the transaction ends. */
  flush(): void {
    for (const f of this.#changed) {
      if (isEmpty(f)) this.#forget(f);
      else {
        const bytes = [f.openBytes, f.keptBytes, f.buriedBytes];
        this.#write.update.run(...STATES.map((state) => f[state]), ...bytes, f.fn);
      }
    }
    this.#changed.clear();
    if (!this.#totalsChanged) return;
    const { accepted, done, buried, cancelled, redriven, leases } = this.#totals;
    this.#write.totals.run(accepted, done, buried, cancelled, redriven, leases);
    this.#totalsChanged = false;
  }

  get totals(): Readonly<Totals> {
    const { leases: _, ...totals } = this.#totals;
    return totals;
  }

  function(uid: string): LedgerFunction | undefined {
    return this.#byUid.get(uid);
  }

  functionOf(fn: number): LedgerFunction {
    return this.#byNumber.get(fn) as LedgerFunction;
  }

  /** Those that have entries, by uid. */
  functions(): LedgerFunction[] {
    return [...this.#byUid.values()]
      .filter((f) => !isEmpty(f))
      .toSorted((a, b) => (a.owner.uid < b.owner.uid ? -1 : 1));
  }

  /** Of all that has ended. */
  get endedBytes(): number {
    return [...this.#byUid.values()].reduce((sum, f) => sum + endedBytesOf(f), 0);
  }

  /** Of the namespace that keeps the most of what has ended, the function that does; undefined: nothing is kept. */
  keepsMost(): LedgerFunction | undefined {
    const inNamespace = new Map<string, number>();
    for (const f of this.#byUid.values()) {
      const { namespace } = f.owner;
      inNamespace.set(namespace, (inNamespace.get(namespace) ?? 0) + endedBytesOf(f));
    }
    const [most] = [...inNamespace].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0]);
    let found: LedgerFunction | undefined;
    for (const f of this.#byUid.values())
      if (f.owner.namespace === most && endedBytesOf(f) > (found === undefined ? 0 : endedBytesOf(found))) found = f;
    return found;
  }

  /** The bound that one more open entry of so many bytes would break. */
  brokenBound({ uid, namespace }: Owner, bytes: number, limits: Limits): Bounded | undefined {
    const own = this.#byUid.get(uid);
    const used = { entries: own ? own.waiting + own.leased : 0, bytes: own?.openBytes ?? 0 };
    const inNamespace = this.#open.get(namespace) ?? { entries: 0, bytes: 0 };
    if (used.entries >= limits.perFunction.entries) return 'function entries';
    if (used.bytes + bytes > limits.perFunction.bytes) return 'function bytes';
    if (inNamespace.entries >= limits.perNamespace.entries) return 'namespace entries';
    if (inNamespace.bytes + bytes > limits.perNamespace.bytes) return 'namespace bytes';
    return undefined;
  }

  /** Counts a new entry. Returns its place in the order of all that were ever accepted or redriven. */
  accept(owner: Owner, bytes: number): { fn: number; seq: number } {
    const f = this.#byUid.get(owner.uid) ?? this.#insert(owner);
    this.#totals.accepted += 1;
    this.move(f, { to: { state: 'waiting', bytes } });
    return { fn: f.fn, seq: this.#newest };
  }

  /** Counts a buried entry as open again: bytes before and after. Returns its place, behind all others. */
  redrive(f: LedgerFunction, { from, to }: { from: number; to: number }): number {
    this.#count(f, 'buried', -1, -from);
    this.#count(f, 'waiting', 1, to);
    this.#totals.buried -= 1;
    this.#totals.redriven += 1;
    this.#changed.add(f);
    this.#totalsChanged = true;
    return this.#newest;
  }

  /** A number that no lease had before. */
  nextEpoch(): number {
    this.#totals.leases += 1;
    this.#totalsChanged = true;
    return this.#totals.leases;
  }

  move(f: LedgerFunction, { from, to }: Move): void {
    if (from !== undefined) this.#count(f, from.state, -1, -from.bytes);
    if (to !== undefined) this.#count(f, to.state, 1, to.bytes);
    this.#changed.add(f);
    this.#totalsChanged = true;
    if (from && !isOpen(from.state)) return;
    const ended = to?.state ?? 'cancelled';
    if (from && !isOpen(ended)) this.#totals[ended as 'done' | 'buried' | 'cancelled'] += 1;
  }

  get #newest(): number {
    return this.#totals.accepted + this.#totals.redriven;
  }

  #count(f: LedgerFunction, state: EntryState, entries: number, bytes: number): void {
    f[state] += entries;
    f[BYTES[state]] += bytes;
    if (!isOpen(state)) return;
    const open = this.#open.get(f.owner.namespace) ?? { entries: 0, bytes: 0 };
    open.entries += entries;
    open.bytes += bytes;
    if (open.entries === 0) this.#open.delete(f.owner.namespace);
    else this.#open.set(f.owner.namespace, open);
  }

  #insert(owner: Owner): LedgerFunction {
    const { fn } = this.#write.insert.get(owner.uid, owner.namespace, owner.name) as { fn: number };
    return this.#add(fromRow({ ...EMPTY, ...owner, fn }));
  }

  #add(f: LedgerFunction): LedgerFunction {
    this.#byUid.set(f.owner.uid, f);
    this.#byNumber.set(f.fn, f);
    const entries = f.waiting + f.leased;
    if (entries === 0) return f;
    const open = this.#open.get(f.owner.namespace) ?? { entries: 0, bytes: 0 };
    this.#open.set(f.owner.namespace, { entries: open.entries + entries, bytes: open.bytes + f.openBytes });
    return f;
  }

  #forget(f: LedgerFunction): void {
    this.#write.remove.run(f.fn);
    this.#byUid.delete(f.owner.uid);
    this.#byNumber.delete(f.fn);
  }
}

const ROW_BYTES = 256;

const EMPTY = {
  waiting: 0,
  leased: 0,
  done: 0,
  buried: 0,
  cancelled: 0,
  open_bytes: 0,
  kept_bytes: 0,
  buried_bytes: 0,
};

/** What its ended entries take, about: a row without a payload takes room too. */
function endedBytesOf({ done, cancelled, buried, keptBytes, buriedBytes }: FunctionCounts): number {
  return keptBytes + buriedBytes + (done + cancelled + buried) * ROW_BYTES;
}

function isEmpty(f: FunctionCounts): boolean {
  return STATES.every((state) => f[state] === 0);
}

function fromRow({ fn, uid, namespace, name, open_bytes, kept_bytes, buried_bytes, ...states }: Row): LedgerFunction {
  const bytes = { openBytes: open_bytes, keptBytes: kept_bytes, buriedBytes: buried_bytes };
  return { fn, owner: { uid, namespace, name }, ...states, ...bytes };
}
