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

interface Tenant<Limit> {
  /** In the order in which they are told. */
  readonly limits: Map<Limit, Unsent>;
  keys: number;
}

export class UnsentUses<Limit> {
  readonly #tenantOf: (limit: Limit) => string;
  /** By namespace, in the order in which they are told. */
  readonly #tenants = new Map<string, Tenant<Limit>>();
  #keys = 0;
  #dropped = 0;

  /** @param tenantOf the namespace whose limit it is. */
  constructor(tenantOf: (limit: Limit) => string) {
    this.#tenantOf = tenantOf;
  }

  /** Keys that wait. */
  get size(): number {
    return this.#keys;
  }

  /** Requests of keys that there was no room for. */
  get dropped(): number {
    return this.#dropped;
  }

  add(limit: Limit, key: LimitKey, isNear: boolean): void {
    const tenant = this.#tenantWith(limit);
    const unsent = tenant.limits.get(limit) as Unsent;
    const name = `${key.high} ${key.low}`;
    const known = unsent.near.get(name) ?? unsent.rest.get(name);
    if (known !== undefined) {
      known.requests += 1;
      if (isNear && unsent.rest.delete(name)) unsent.near.set(name, known);
      return;
    }
    if (!this.#hasRoom(tenant, unsent, isNear)) {
      this.#dropped += 1;
      return;
    }
    this.#count(tenant, 1);
    (isNear ? unsent.near : unsent.rest).set(name, { key, requests: 1 });
  }

  /** What is told next; each tenant in its turn, and of it each limit, so that one with many keys does not keep the others back. */
  take(mostBatches: number): UseBatch<Limit>[] {
    const batches: UseBatch<Limit>[] = [];
    while (batches.length < mostBatches && this.#tenants.size > 0) {
      const [namespace, tenant] = this.#tenants.entries().next().value as [string, Tenant<Limit>];
      const [limit, unsent] = tenant.limits.entries().next().value as [Limit, Unsent];
      this.#tenants.delete(namespace);
      tenant.limits.delete(limit);
      const uses = [...taken(unsent.near, MOST_KEYS)];
      uses.push(...taken(unsent.rest, MOST_KEYS - uses.length));
      this.#count(tenant, -uses.length);
      if (unsent.near.size + unsent.rest.size > 0) tenant.limits.set(limit, unsent);
      if (tenant.limits.size > 0) this.#tenants.set(namespace, tenant);
      if (uses.length > 0) batches.push({ limit, uses });
    }
    return batches;
  }

  /** A limit that is gone. */
  forget(limit: Limit): void {
    const namespace = this.#tenantOf(limit);
    const tenant = this.#tenants.get(namespace);
    const unsent = tenant?.limits.get(limit);
    if (tenant === undefined || unsent === undefined) return;
    this.#count(tenant, -(unsent.near.size + unsent.rest.size));
    tenant.limits.delete(limit);
    if (tenant.limits.size === 0) this.#tenants.delete(namespace);
  }

  #tenantWith(limit: Limit): Tenant<Limit> {
    const namespace = this.#tenantOf(limit);
    const tenant = this.#tenants.get(namespace) ?? { limits: new Map<Limit, Unsent>(), keys: 0 };
    this.#tenants.set(namespace, tenant);
    if (!tenant.limits.has(limit)) tenant.limits.set(limit, { near: new Map(), rest: new Map() });
    return tenant;
  }

  #count(tenant: Tenant<Limit>, by: number): void {
    tenant.keys += by;
    this.#keys += by;
  }

  /** One that is near its limit takes the place of one that is not. Where all is taken a tenant has its share still, so there may be twice as many. */
  #hasRoom(tenant: Tenant<Limit>, { near, rest }: Unsent, isNear: boolean): boolean {
    const isRoomLeft = this.#keys < MOST_OF_ALL || tenant.keys < MOST_OF_ALL / this.#tenants.size;
    if (near.size + rest.size < MOST_OF_LIMIT && isRoomLeft) return true;
    const [oldest] = rest;
    if (!isNear || oldest === undefined) return false;
    rest.delete(oldest[0]);
    this.#count(tenant, -1);
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
