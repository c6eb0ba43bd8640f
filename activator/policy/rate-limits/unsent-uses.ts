/**
 * What this gateway has let through and the others do not know yet, by limit and key. Told some times a second, those keys
 * first that have used half of their limit; of what there is no room for, the others learn nothing.
 */
import type { LimitKey } from './limit-keys.ts';
import { type KeyUse, MOST_KEYS } from './use-records.ts';

/** Of one limit at once. */
const MOST_OF_LIMIT = 2_048;
/** Of all limits. */
const MOST_OF_ALL = 16_384;

export interface UseBatch<Limit> {
  limit: Limit;
  uses: KeyUse[];
}

interface Unsent {
  /** Half or more of the limit is used. */
  near: Map<string, { key: LimitKey; requests: number }>;
  rest: Map<string, { key: LimitKey; requests: number }>;
}

export class UnsentUses<Limit> {
  /** In the order in which they are told. */
  readonly #limits = new Map<Limit, Unsent>();
  #keys = 0;
  #dropped = 0;

  /** Keys that wait. */
  get size(): number {
    return this.#keys;
  }

  /** Requests of keys that there was no room for. */
  get dropped(): number {
    return this.#dropped;
  }

  add(limit: Limit, key: LimitKey, isNear: boolean): void {
    const unsent = this.#limits.get(limit) ?? this.#begin(limit);
    const name = `${key.high} ${key.low}`;
    const known = unsent.near.get(name) ?? unsent.rest.get(name);
    if (known !== undefined) {
      known.requests += 1;
      if (isNear && unsent.rest.delete(name)) unsent.near.set(name, known);
      return;
    }
    if (!this.#hasRoom(unsent, isNear)) {
      this.#dropped += 1;
      return;
    }
    this.#keys += 1;
    (isNear ? unsent.near : unsent.rest).set(name, { key, requests: 1 });
  }

  /** What is told next; each limit in its turn, so that one with many keys does not keep the others back. */
  take(mostBatches: number): UseBatch<Limit>[] {
    const batches: UseBatch<Limit>[] = [];
    while (batches.length < mostBatches && this.#limits.size > 0) {
      const [limit, unsent] = this.#limits.entries().next().value as [Limit, Unsent];
      this.#limits.delete(limit);
      const uses = [...taken(unsent.near, MOST_KEYS)];
      uses.push(...taken(unsent.rest, MOST_KEYS - uses.length));
      this.#keys -= uses.length;
      if (unsent.near.size + unsent.rest.size > 0) this.#limits.set(limit, unsent);
      batches.push({ limit, uses });
    }
    return batches;
  }

  /** A limit that is gone. */
  forget(limit: Limit): void {
    const unsent = this.#limits.get(limit);
    if (unsent !== undefined) this.#keys -= unsent.near.size + unsent.rest.size;
    this.#limits.delete(limit);
  }

  #begin(limit: Limit): Unsent {
    const unsent: Unsent = { near: new Map(), rest: new Map() };
    this.#limits.set(limit, unsent);
    return unsent;
  }

  /** One that is near its limit takes the place of one that is not. */
  #hasRoom({ near, rest }: Unsent, isNear: boolean): boolean {
    if (near.size + rest.size < MOST_OF_LIMIT && this.#keys < MOST_OF_ALL) return true;
    const [oldest] = rest;
    if (!isNear || oldest === undefined) return false;
    rest.delete(oldest[0]);
    this.#keys -= 1;
    this.#dropped += oldest[1].requests;
    return true;
  }
}

function* taken(from: Unsent['near'], most: number): Generator<KeyUse> {
  let left = most;
  for (const [name, { key, requests }] of from) {
    if (left <= 0) return;
    left -= 1;
    from.delete(name);
    yield { ...key, requests };
  }
}
