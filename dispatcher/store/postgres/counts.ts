import { BYTES, isOpen, STATES } from '../states.ts';
import type { Bound, EntryState, FunctionCounts, Owner, Totals } from '../store.ts';

interface Place {
  state: EntryState;
  bytes: number;
}

/** Of a namespace: open entries. */
export interface NamespaceCounts extends Bound {
  namespace: string;
}

const NONE = { waiting: 0, leased: 0, done: 0, buried: 0, cancelled: 0, openBytes: 0, keptBytes: 0, buriedBytes: 0 };
type Numbers = typeof NONE;
const FIELDS = Object.keys(NONE) as (keyof Numbers)[];

/**
 * What one transaction changes in the counts, to be added to them at its end, beside what they were when it first asked: together
 * they are the counts as this transaction sees them.
 */
export class Counts {
  readonly #changed = new Map<string, { owner: Owner } & Numbers>();
  readonly #read = new Map<string, Numbers>();
  readonly #readOpen = new Map<string, Bound>();
  readonly #totals: Totals = { accepted: 0, done: 0, buried: 0, cancelled: 0, redriven: 0 };

  accept(owner: Owner, bytes: number): void {
    this.#totals.accepted += 1;
    this.move(owner, { to: { state: 'waiting', bytes } });
  }

  /** A buried entry is open again: bytes before and after. */
  redrive(owner: Owner, { from, to }: { from: number; to: number }): void {
    this.#totals.buried -= 1;
    this.#totals.redriven += 1;
    this.#count(owner, { state: 'buried', bytes: from }, -1);
    this.#count(owner, { state: 'waiting', bytes: to }, 1);
  }

  /** What became of an entry; without `to` it is no more, and was cancelled if it was open. */
  move(owner: Owner, { from, to }: { from?: Place; to?: Place }): void {
    if (from !== undefined) this.#count(owner, from, -1);
    if (to !== undefined) this.#count(owner, to, 1);
    if (from === undefined || !isOpen(from.state)) return;
    const ended = to?.state ?? 'cancelled';
    if (!isOpen(ended)) this.#totals[ended as 'done' | 'buried' | 'cancelled'] += 1;
  }

  /** Those of which is not known what they were. */
  unread(uids: Iterable<string>): string[] {
    return [...new Set(uids)].filter((uid) => !this.#read.has(uid));
  }

  unreadNamespaces(namespaces: Iterable<string>): string[] {
    return [...new Set(namespaces)].filter((namespace) => !this.#readOpen.has(namespace));
  }

  learn(uid: string, numbers: Numbers | undefined): void {
    this.#read.set(uid, numbers ?? NONE);
  }

  learnNamespace(namespace: string, open: Bound): void {
    this.#readOpen.set(namespace, open);
  }

  /** Of a function that was read, with what has changed since. */
  of(uid: string): Numbers {
    const before = this.#read.get(uid) ?? NONE;
    const change = this.#changed.get(uid) ?? NONE;
    return Object.fromEntries(FIELDS.map((field) => [field, before[field] + change[field]])) as Numbers;
  }

  /** Open entries of a namespace that was read, with what has changed since. */
  openIn(namespace: string): Bound {
    const before = this.#readOpen.get(namespace) ?? { entries: 0, bytes: 0 };
    const change = this.changes().namespaces.find((one) => one.namespace === namespace);
    return { entries: before.entries + (change?.entries ?? 0), bytes: before.bytes + (change?.bytes ?? 0) };
  }

  changes(): { functions: FunctionCounts[]; namespaces: NamespaceCounts[]; totals: Totals } {
    const functions = [...this.#changed.values()].filter((one) => FIELDS.some((field) => one[field] !== 0));
    const namespaces = new Map<string, NamespaceCounts>();
    for (const { owner, waiting, leased, openBytes } of functions) {
      const { namespace } = owner;
      const open = namespaces.get(namespace) ?? { namespace, entries: 0, bytes: 0 };
      const entries = open.entries + waiting + leased;
      namespaces.set(namespace, { namespace, entries, bytes: open.bytes + openBytes });
    }
    const open = [...namespaces.values()].filter(({ entries, bytes }) => entries !== 0 || bytes !== 0);
    return { functions, namespaces: open, totals: this.#totals };
  }

  #count(owner: Owner, { state, bytes }: Place, entries: 1 | -1): void {
    const change = this.#change(owner);
    change[state] += entries;
    change[BYTES[state]] += entries * bytes;
  }

  #change(owner: Owner): Numbers {
    const known = this.#changed.get(owner.uid);
    if (known !== undefined) return known;
    const change = { owner, ...NONE };
    this.#changed.set(owner.uid, change);
    return change;
  }
}

export function isEmpty(counts: FunctionCounts): boolean {
  return STATES.every((state) => counts[state] === 0);
}
