/**
 * Of each key of each limit one number, within a bound on all of them together. Open addressing with linear probing over
 * typed arrays: 20 bytes a slot, no object for a key and no timer. The table is in many small parts, so that none takes
 * noticeable time to grow.
 *
 * A number in the past says nothing, and is forgotten first. Where all are of use, the one is forgotten that would be in the
 * past soonest, of those whose namespace and function have more than their fair shares of the keys (key-shares.ts). What is
 * forgotten so gives nothing back: from then on a key that is not known may be the forgotten one, so it begins with that one's
 * number (`floorMs`).
 */
import { keyHash } from './key-hash.ts';
import { BYTES_A_SLOT, emptyPart, homeOf, type Part, slotOf, someOf } from './key-part.ts';
import { KeyShares } from './key-shares.ts';
import type { KeyOwner, KeySpace } from './key-space.ts';
import type { LimitKey } from './limit-keys.ts';

/** Of one key. */
interface Place {
  part: Part;
  slot: number;
  tatMs: number;
}

export interface KeyTableOptions {
  /** Keys at most. */
  most: number;
  /** 0 ≤ x < 1; with it strangers cannot tell which keys lie beside each other. */
  random: () => number;
}

const PARTS = 512;
const LEAST_SLOTS = 8;
const FULLEST = 0.75;
/** Keys of one part that are looked at, and of all, before one that is of use is forgotten. */
const SAMPLE = 8;
const LEAST_SAMPLED = 32;
/** From when on the most of a part is of no more use, so that a smaller one is made. */
const MOST_USELESS = 0.25;

export class KeyTable {
  readonly #options: KeyTableOptions;
  readonly #seed: readonly [number, number];
  readonly #parts: (Part | undefined)[] = Array<Part | undefined>(PARTS).fill(undefined);
  readonly #spaces = new Map<number, KeySpace>();
  readonly #shares: KeyShares;
  #lastId = 0;
  #keys = 0;
  #sweptPart = 0;

  constructor(options: KeyTableOptions) {
    this.#options = options;
    this.#shares = new KeyShares(options.most);
    const word = () => Math.floor(options.random() * 2 ** 32) | 0;
    this.#seed = [word(), word() | 1];
  }

  /** Keys that are held, of use or not. */
  get size(): number {
    return this.#keys;
  }

  /** Of what they are held in. */
  get bytes(): number {
    return this.#parts.reduce((sum, part) => sum + (part === undefined ? 0 : part.size * BYTES_A_SLOT), 0);
  }

  addSpace(owner: KeyOwner): KeySpace {
    this.#lastId += 1;
    const space: KeySpace = { id: this.#lastId, owner, keys: 0, floorMs: 0, removed: false };
    this.#spaces.set(space.id, space);
    return space;
  }

  /** Its keys are forgotten, some of them later. */
  removeSpace(space: KeySpace): void {
    space.removed = true;
    if (space.keys === 0) this.#spaces.delete(space.id);
  }

  /** What was set last; of a key that is not known, what it may have been. */
  get(space: KeySpace, key: LimitKey): number {
    const mixed = this.#mixed(space, key);
    const part = this.#parts[partOf(mixed)];
    if (part === undefined) return space.floorMs;
    const slot = slotOf(part, space.id, key, mixed);
    return part.space[slot] === 0 ? space.floorMs : (part.tatMs[slot] as number);
  }

  /** Of a space that was removed nothing is held: who asks may have waited for an answer since before that. */
  set(space: KeySpace, key: LimitKey, tatMs: number, nowMs: number): void {
    if (space.removed) return;
    const mixed = this.#mixed(space, key);
    const known = this.#parts[partOf(mixed)];
    const slot = known === undefined ? 0 : slotOf(known, space.id, key, mixed);
    if (known !== undefined && known.space[slot] !== 0) known.tatMs[slot] = tatMs;
    else this.#insert(mixed, { space, key, tatMs, nowMs });
  }

  /**
   * Forgets what is in the past of some of the parts, and gives memory back. To be called now and then; a table that is
   * at its bound makes room by itself.
   * @param parts how many are looked at; each takes microseconds.
   */
  sweep(nowMs: number, parts: number): void {
    for (let i = 0; i < parts; i += 1) {
      this.#sweptPart = (this.#sweptPart + 1) % PARTS;
      const part = this.#parts[this.#sweptPart];
      if (part !== undefined && this.#uselessIn(part, nowMs) >= part.used * MOST_USELESS)
        this.#rebuild(this.#sweptPart, nowMs);
    }
  }

  #insert(mixed: number, entry: { space: KeySpace; key: LimitKey; tatMs: number; nowMs: number }): void {
    const { space, key, tatMs, nowMs } = entry;
    const at = partOf(mixed);
    if (this.#keys >= this.#options.most) this.#makeRoom(space, nowMs);
    let part = this.#parts[at];
    if (part === undefined || part.used + 1 > part.size * FULLEST) part = this.#rebuild(at, nowMs, 1);
    const slot = slotOf(part, space.id, key, mixed);
    part.space[slot] = space.id;
    part.high[slot] = key.high;
    part.low[slot] = key.low;
    part.tatMs[slot] = tatMs;
    part.used += 1;
    this.#count(space, 1);
  }

  #count(space: KeySpace, by: 1 | -1): void {
    space.keys += by;
    this.#keys += by;
    this.#shares.count(space.owner, by);
    if (space.removed && space.keys === 0) this.#spaces.delete(space.id);
  }

  /** The part without what is not of use, in a size for what is left and `more`. */
  #rebuild(at: number, nowMs: number, more = 0): Part {
    const old = this.#parts[at];
    const kept: number[] = [];
    for (let i = 0; old !== undefined && i < old.size; i += 1) {
      if (old.space[i] === 0) continue;
      if (this.#isOfUse(old, i, nowMs)) kept.push(i);
      else this.#count(this.#spaceAt(old, i), -1);
    }
    const part = emptyPart(Math.max(LEAST_SLOTS, Math.ceil(((kept.length + more) * 1.5) / FULLEST)));
    for (const i of kept) this.#move(old as Part, i, part);
    this.#parts[at] = kept.length + more === 0 ? undefined : part;
    return part;
  }

  #move(from: Part, i: number, to: Part): void {
    const key = { high: from.high[i] as number, low: from.low[i] as number };
    const id = from.space[i] as number;
    const slot = slotOf(to, id, key, this.#mixed({ id }, key));
    to.space[slot] = id;
    to.high[slot] = key.high;
    to.low[slot] = key.low;
    to.tatMs[slot] = from.tatMs[i] as number;
    to.used += 1;
  }

  #spaceAt(part: Part, slot: number): KeySpace {
    return this.#spaces.get(part.space[slot] as number) as KeySpace;
  }

  #isOfUse(part: Part, slot: number, nowMs: number): boolean {
    return (part.tatMs[slot] as number) > nowMs && !this.#spaceAt(part, slot).removed;
  }

  #uselessIn(part: Part, nowMs: number): number {
    let useless = 0;
    for (let slot = 0; slot < part.size; slot += 1) {
      if (part.space[slot] !== 0 && !this.#isOfUse(part, slot, nowMs)) useless += 1;
    }
    return useless;
  }

  /** Forgets one key, by a sample as caches do that keep no order. */
  #makeRoom({ owner }: KeySpace, nowMs: number): void {
    const found: (Place | undefined)[] = [];
    for (const place of this.#sample()) {
      if (!this.#isOfUse(place.part, place.slot, nowMs)) {
        this.#remove(place);
        return;
      }
      const excess = this.#shares.excess(this.#spaceAt(place.part, place.slot).owner, owner);
      found[excess] = sooner(found[excess], place);
    }
    const victim = (found[2] ?? found[1] ?? found[0]) as Place;
    const space = this.#spaceAt(victim.part, victim.slot);
    space.floorMs = Math.max(space.floorMs, victim.tatMs);
    this.#remove(victim);
  }

  *#sample(): Generator<Place> {
    for (let looked = 0; looked < LEAST_SAMPLED; ) {
      const part = this.#parts[Math.floor(this.#options.random() * PARTS)];
      if (part === undefined) continue;
      for (const slot of someOf(part, this.#options.random(), SAMPLE)) {
        looked += 1;
        yield { part, slot, tatMs: part.tatMs[slot] as number };
      }
    }
  }

  /** Backward-shift deletion: what was put further on because of this slot comes nearer, so that no marker is left. */
  #remove({ part, slot }: Place): void {
    this.#count(this.#spaceAt(part, slot), -1);
    part.used -= 1;
    let hole = slot;
    for (let i = (hole + 1) % part.size; part.space[i] !== 0; i = (i + 1) % part.size) {
      const key = { high: part.high[i] as number, low: part.low[i] as number };
      const home = homeOf(part, this.#mixed({ id: part.space[i] as number }, key));
      const fromHome = (i - home + part.size) % part.size;
      const fromHole = (i - hole + part.size) % part.size;
      if (fromHome < fromHole) continue;
      part.space[hole] = part.space[i] as number;
      part.high[hole] = part.high[i] as number;
      part.low[hole] = part.low[i] as number;
      part.tatMs[hole] = part.tatMs[i] as number;
      hole = i;
    }
    part.space[hole] = 0;
  }

  #mixed({ id }: { id: number }, key: LimitKey): number {
    return keyHash(this.#seed, id, key);
  }
}

function partOf(mixed: number): number {
  return mixed & (PARTS - 1);
}

function sooner(one: Place | undefined, other: Place): Place {
  return one !== undefined && one.tatMs <= other.tatMs ? one : other;
}
