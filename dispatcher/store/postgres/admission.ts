import { STATES } from '../states.ts';
import type { Bound, Bounded, EnqueueResult, EntryState, Limits, NewEntry, Owner } from '../store.ts';

/** An entry that is there already. */
export interface Known {
  id: string;
  uid: string;
  state: EntryState;
  dedup: { key: string; fingerprint: string } | undefined;
}

interface World {
  nowMs: number;
  limits: Limits;
  /** Those with the ids, or with the owners and dedup keys, of the batch. */
  known: readonly Known[];
  /** Ordering keys of which an entry is open, as `keyOf` has them. */
  openKeys: ReadonlySet<string>;
  /** Open entries. */
  ofFunction: (uid: string) => Bound;
  ofNamespace: (namespace: string) => Bound;
}

/** What becomes of an entry; where it is accepted, when it is due first, unless it comes behind another. */
export type Admitted = { result: EnqueueResult; entry: NewEntry; notBeforeMs: number; dueMs: number | null };

/** A key is one of its owner's. */
export function keyOf(uid: string, key: string): string {
  return `${uid}\n${key}`;
}

/** What becomes of each of a batch, one after the other. */
export function admit(batch: readonly NewEntry[], world: World): Admitted[] {
  const byId = new Map(world.known.map((one) => [one.id, one]));
  const byDedup = new Map(world.known.flatMap((one) => (one.dedup ? [[keyOf(one.uid, one.dedup.key), one]] : [])));
  const openKeys = new Set(world.openKeys);
  const room = new Room(world);
  return batch.map((entry) => {
    const { id, owner, dedup, orderingKey } = entry;
    const notBeforeMs = Math.max(world.nowMs, entry.notBeforeMs ?? 0);
    const result = sameAs(entry, byId, byDedup) ?? room.take(owner, entry.head.byteLength + entry.body.byteLength);
    if (result !== undefined) return { result, entry, notBeforeMs, dueMs: null };
    const key = orderingKey === undefined ? undefined : keyOf(owner.uid, orderingKey);
    const dueMs = key !== undefined && openKeys.has(key) ? null : notBeforeMs;
    if (key !== undefined) openKeys.add(key);
    const known: Known = { id, uid: owner.uid, state: STATES[0] as EntryState, dedup };
    byId.set(id, known);
    if (dedup !== undefined) byDedup.set(keyOf(owner.uid, dedup.key), known);
    return { result: { outcome: 'accepted' }, entry, notBeforeMs, dueMs };
  });
}

function sameAs(
  { id, owner, dedup }: NewEntry,
  byId: ReadonlyMap<string, Known>,
  byDedup: ReadonlyMap<string, Known>,
): EnqueueResult | undefined {
  const there = byId.get(id);
  if (there !== undefined) return { outcome: 'exists', id, state: there.state };
  const same = dedup && byDedup.get(keyOf(owner.uid, dedup.key));
  if (same === undefined) return undefined;
  if (same.dedup?.fingerprint !== dedup?.fingerprint) return { outcome: 'conflict', id: same.id };
  return { outcome: 'exists', id: same.id, state: same.state };
}

/** What may still be accepted, as entries of the same batch are. */
class Room {
  readonly #world: World;
  readonly #taken = new Map<string, Bound>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Undefined: it is taken. */
  take({ uid, namespace }: Owner, bytes: number): EnqueueResult | undefined {
    const { limits, ofFunction, ofNamespace } = this.#world;
    const own = this.#used(`function ${uid}`, ofFunction(uid));
    const near = this.#used(`namespace ${namespace}`, ofNamespace(namespace));
    const broken = [
      ['function entries', own.entries >= limits.perFunction.entries],
      ['function bytes', own.bytes + bytes > limits.perFunction.bytes],
      ['namespace entries', near.entries >= limits.perNamespace.entries],
      ['namespace bytes', near.bytes + bytes > limits.perNamespace.bytes],
    ] as const satisfies [Bounded, boolean][];
    const bound = broken.find(([, isBroken]) => isBroken)?.[0];
    if (bound !== undefined) return { outcome: 'full', bound };
    for (const used of [own, near]) {
      used.entries += 1;
      used.bytes += bytes;
    }
    return undefined;
  }

  #used(what: string, before: Bound): Bound {
    const known = this.#taken.get(what);
    if (known !== undefined) return known;
    const used = { ...before };
    this.#taken.set(what, used);
    return used;
  }
}
