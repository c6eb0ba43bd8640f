import type {
  Cursors,
  EnqueueResult,
  Entry,
  EntryState,
  FunctionCounts,
  Immediate,
  Lease,
  LeasedEntry,
  LeaseResult,
  Limits,
  ListFilter,
  NewEntry,
  Payload,
  Settled,
  Settlement,
  Store,
  Totals,
} from '../store.ts';

interface ModelEntry extends NewEntry {
  state: EntryState;
  attempts: number;
  epoch: number;
  enqueuedAtMs: number;
  ageFromMs: number;
  /** When it is due, unless another of its ordering key comes first. */
  dueMs: number;
  /** Undefined while it is open. */
  expiresMs: number | undefined;
  note: string | undefined;
  result: Uint8Array | undefined;
}

interface Ending {
  state: 'done' | 'buried' | 'cancelled';
  result: Uint8Array | undefined;
  nowMs: number;
  keepMs?: number | undefined;
}

const isOpen = (entry: ModelEntry) => entry.expiresMs === undefined;
const size = ({ head, body }: Payload) => head.length + body.length;
const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

/**
 * What a store is, as plainly as it can be said: a list of entries that each operation looks through. Only memory holds it, and
 * nothing in it is fast. Longer than 250 lines: it says the whole interface.
 */
export class ModelStore implements Immediate<Store> {
  readonly #limits: Limits;
  readonly #nowMs: () => number;
  /** In the order in which they were accepted. */
  #entries: ModelEntry[] = [];
  readonly #cursors = new Map<string, string>();
  #leases = 0;
  readonly #totals: Totals = { accepted: 0, done: 0, buried: 0, cancelled: 0, redriven: 0 };

  constructor({ limits, nowMs }: { limits: Limits; nowMs: () => number }) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  enqueue(batch: readonly NewEntry[], cursors: Cursors = new Map()): EnqueueResult[] {
    const nowMs = this.#forgetExpired();
    for (const [key, value] of cursors) {
      if (value === undefined) this.#cursors.delete(key);
      else this.#cursors.set(key, value);
    }
    return batch.map((entry) => this.#enqueueOne(entry, nowMs));
  }

  cursors(prefix: string, after = ''): [key: string, value: string][] {
    const those = [...this.#cursors].filter(([key]) => key.startsWith(prefix) && key > after);
    return those.toSorted(([a], [b]) => (a < b ? -1 : 1)).slice(0, 1_000);
  }

  lease(room: ReadonlyMap<string, number>, leaseMs: number): LeaseResult {
    const nowMs = this.#forgetExpired();
    const entries: LeasedEntry[] = [];
    const next: number[] = [];
    for (const [uid, places] of room) {
      const heads = () => this.#of(uid).filter((entry) => isOpen(entry) && this.#isFirst(entry));
      const due = heads()
        .filter(({ dueMs }) => dueMs <= nowMs)
        .toSorted((a, b) => a.dueMs - b.dueMs)
        .slice(0, places);
      for (const entry of due) entries.push(this.#leaseOne(entry, nowMs + leaseMs));
      if (due.length < places) next.push(...heads().map(({ dueMs }) => dueMs));
    }
    return { entries, nextDueMs: next.length > 0 ? Math.min(...next) : undefined };
  }

  extend(leases: readonly Lease[], leaseMs: number): boolean[] {
    const nowMs = this.#forgetExpired();
    return leases.map((lease) => {
      const entry = this.#held(lease);
      if (entry !== undefined) entry.dueMs = nowMs + leaseMs;
      return entry !== undefined;
    });
  }

  settle(batch: readonly Settlement[]): Settled[] {
    const nowMs = this.#forgetExpired();
    const held = batch.map((settlement) => this.#settleOne(settlement, nowMs));
    return batch.map((settlement, at) => {
      if (held[at] === false) return { holds: false, dropped: 0 };
      const followUps = settlement.outcome === 'again' ? [] : (settlement.followUps ?? []);
      const results = followUps.map((entry) => this.#enqueueOne(entry, nowMs));
      return { holds: true, dropped: results.filter(({ outcome }) => /full|conflict/.test(outcome)).length };
    });
  }

  cancel(ids: readonly string[]): boolean[] {
    const nowMs = this.#forgetExpired();
    return ids.map((id) => {
      const entry = this.#find(id);
      if (entry === undefined || !isOpen(entry)) return false;
      this.#end(entry, { state: 'cancelled', result: undefined, nowMs });
      return true;
    });
  }

  redrive(ids: readonly string[]): boolean[] {
    const nowMs = this.#forgetExpired();
    return ids.map((id) => {
      const entry = this.#find(id);
      if (entry?.state !== 'buried') return false;
      this.#totals.buried -= 1;
      this.#totals.redriven += 1;
      const empty = { expiresMs: undefined, note: undefined, result: undefined };
      const again: ModelEntry = { ...entry, state: 'waiting', attempts: 0, dueMs: nowMs, ageFromMs: nowMs, ...empty };
      this.#entries = [...this.#entries.filter((other) => other !== entry), again];
      return true;
    });
  }

  forget(ids: readonly string[]): boolean[] {
    this.#forgetExpired();
    return ids.map((id) => {
      const entry = this.#find(id);
      if (entry === undefined || isOpen(entry)) return false;
      this.#entries = this.#entries.filter((other) => other !== entry);
      return true;
    });
  }

  cancelByOwner(uid: string): { removed: number; more: boolean } {
    this.#forgetExpired();
    const gone = this.#of(uid);
    this.#totals.cancelled += gone.filter(isOpen).length;
    this.#entries = this.#entries.filter((entry) => !gone.includes(entry));
    return { removed: gone.length, more: false };
  }

  entry(id: string): Entry | undefined {
    this.#forgetExpired();
    const entry = this.#find(id);
    return entry && this.#shown(entry);
  }

  payload(id: string): Payload | undefined {
    this.#forgetExpired();
    const entry = this.#find(id);
    return entry && (isOpen(entry) || entry.state === 'buried') ? { head: entry.head, body: entry.body } : undefined;
  }

  payloads(ids: readonly string[]): (Payload | undefined)[] {
    return ids.map((id) => this.payload(id));
  }

  result(id: string): Uint8Array | undefined {
    this.#forgetExpired();
    return this.#find(id)?.result;
  }

  /** In one page, whatever its limit. */
  list({ namespace, uid, state }: ListFilter): { entries: Entry[]; cursor: undefined } {
    this.#forgetExpired();
    const wanted = this.#uids()
      .flatMap((each) => this.#of(each).toReversed())
      .filter((entry) => namespace === undefined || entry.owner.namespace === namespace)
      .filter((entry) => uid === undefined || entry.owner.uid === uid)
      .filter((entry) => state === undefined || entry.state === state);
    return { entries: wanted.map((entry) => this.#shown(entry)), cursor: undefined };
  }

  counts(uid?: string): FunctionCounts[] {
    this.#forgetExpired();
    return this.#uids()
      .filter((each) => uid === undefined || each === uid)
      .map((each) => this.#countsOf(this.#of(each)));
  }

  totals(): Totals {
    return { ...this.#totals };
  }

  unaccounted(): number {
    const { accepted, done, buried, cancelled } = this.#totals;
    return accepted - this.#entries.filter(isOpen).length - done - buried - cancelled;
  }

  close(): void {}

  #enqueueOne(entry: NewEntry, nowMs: number): EnqueueResult {
    const same = this.#find(entry.id);
    if (same) return { outcome: 'exists', id: same.id, state: same.state };
    const { owner, dedup } = entry;
    const again = dedup && this.#of(owner.uid).find((other) => other.dedup?.key === dedup.key);
    if (again && again.dedup?.fingerprint !== dedup.fingerprint) return { outcome: 'conflict', id: again.id };
    if (again) return { outcome: 'exists', id: again.id, state: again.state };
    const { perFunction, perNamespace } = this.#limits;
    const own = this.#of(owner.uid).filter(isOpen);
    const near = this.#entries.filter((other) => isOpen(other) && other.owner.namespace === owner.namespace);
    if (own.length >= perFunction.entries) return { outcome: 'full', bound: 'function entries' };
    if (sum(own.map(size)) + size(entry) > perFunction.bytes) return { outcome: 'full', bound: 'function bytes' };
    if (near.length >= perNamespace.entries) return { outcome: 'full', bound: 'namespace entries' };
    if (sum(near.map(size)) + size(entry) > perNamespace.bytes) return { outcome: 'full', bound: 'namespace bytes' };
    const dueMs = Math.max(nowMs, entry.notBeforeMs ?? 0);
    const empty = { expiresMs: undefined, note: undefined, result: undefined };
    const times = { enqueuedAtMs: nowMs, dueMs, ageFromMs: dueMs };
    this.#entries.push({ ...entry, state: 'waiting', attempts: 0, epoch: 0, ...times, ...empty });
    this.#totals.accepted += 1;
    return { outcome: 'accepted' };
  }

  #settleOne(settlement: Settlement, nowMs: number): boolean {
    const entry = this.#held(settlement);
    if (entry === undefined) return false;
    entry.note = settlement.note;
    if (settlement.outcome === 'again') {
      entry.state = 'waiting';
      entry.dueMs = settlement.notBeforeMs;
      if (!settlement.counts) entry.attempts -= 1;
    } else {
      const { outcome: state, result, keepMs } = settlement;
      this.#end(entry, { state, result, nowMs, keepMs });
    }
    return true;
  }

  #leaseOne(entry: ModelEntry, dueMs: number): LeasedEntry {
    this.#leases += 1;
    Object.assign(entry, { state: 'leased', epoch: this.#leases, attempts: entry.attempts + 1, dueMs });
    const { id, epoch, attempts: attempt, enqueuedAtMs, ageFromMs, orderingKey } = entry;
    return { id, epoch, uid: entry.owner.uid, attempt, enqueuedAtMs, ageFromMs, orderingKey, bytes: size(entry) };
  }

  #end(entry: ModelEntry, { state, result, nowMs, keepMs }: Ending): void {
    const isBuried = state === 'buried';
    const kept = isBuried ? this.#limits.buried : this.#limits.results;
    Object.assign(entry, { state, result, expiresMs: nowMs + (keepMs ?? kept.ageMs) });
    this.#totals[state] += 1;
    for (;;) {
      const ended = this.#of(entry.owner.uid).filter((each) => !isOpen(each) && (each.state === 'buried') === isBuried);
      if (ended.length <= kept.entries && sum(ended.map((each) => this.#bytes(each))) <= kept.bytes) return;
      const oldest = ended.toSorted((a, b) => this.#expires(a) - this.#expires(b))[0];
      this.#entries = this.#entries.filter((each) => each !== oldest);
    }
  }

  #forgetExpired(): number {
    const nowMs = this.#nowMs();
    this.#entries = this.#entries.filter((entry) => isOpen(entry) || this.#expires(entry) > nowMs);
    return nowMs;
  }

  #held({ id, epoch }: Lease): ModelEntry | undefined {
    const entry = this.#find(id);
    return entry?.state === 'leased' && entry.epoch === epoch ? entry : undefined;
  }

  #find(id: string): ModelEntry | undefined {
    return this.#entries.find((entry) => entry.id === id);
  }

  #of(uid: string): ModelEntry[] {
    return this.#entries.filter(({ owner }) => owner.uid === uid);
  }

  #uids(): string[] {
    return [...new Set(this.#entries.map(({ owner }) => owner.uid))].sort();
  }

  #isFirst(entry: ModelEntry): boolean {
    if (entry.orderingKey === undefined) return true;
    return entry === this.#of(entry.owner.uid).find((e) => isOpen(e) && e.orderingKey === entry.orderingKey);
  }

  #expires({ expiresMs = Number.POSITIVE_INFINITY }: ModelEntry): number {
    return expiresMs;
  }

  /** Of what is kept for it. */
  #bytes(entry: ModelEntry): number {
    return (isOpen(entry) || entry.state === 'buried' ? size(entry) : 0) + (entry.result?.length ?? 0);
  }

  #shown(entry: ModelEntry): Entry {
    const { id, owner, state, attempts, orderingKey, enqueuedAtMs, note } = entry;
    const dueAtMs = isOpen(entry) && this.#isFirst(entry) ? entry.dueMs : undefined;
    const rest = { dueAtMs, expiresAtMs: entry.expiresMs, bytes: this.#bytes(entry), note };
    return { id, owner, state, attempts, orderingKey, enqueuedAtMs, ...rest };
  }

  #countsOf(entries: readonly ModelEntry[]): FunctionCounts {
    const count = (state: EntryState) => entries.filter((entry) => entry.state === state).length;
    const bytes = (states: readonly EntryState[]) =>
      sum(entries.filter(({ state }) => states.includes(state)).map((entry) => this.#bytes(entry)));
    return {
      owner: (entries[0] as ModelEntry).owner,
      waiting: count('waiting'),
      leased: count('leased'),
      done: count('done'),
      buried: count('buried'),
      cancelled: count('cancelled'),
      openBytes: bytes(['waiting', 'leased']),
      keptBytes: bytes(['done', 'cancelled']),
      buriedBytes: bytes(['buried']),
    };
  }
}
