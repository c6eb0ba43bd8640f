/**
 * Who holds how many keys of a table, and whether that is more than a fair share: of the table for a namespace, which is a tenant,
 * and of the namespace's for each of its functions. So neither a function nor a tenant with very many of them takes what others have.
 */
import type { KeyOwner } from './key-space.ts';

/** Of one namespace, which has keys. */
interface Tenant {
  keys: number;
  /** Functions that have some. */
  owners: number;
}

export class KeyShares {
  readonly #most: number;
  readonly #tenants = new Map<string, Tenant>();

  /** @param most keys of all together */
  constructor(most: number) {
    this.#most = most;
  }

  /** One key more, or one less. */
  count(owner: KeyOwner, by: 1 | -1): void {
    const { namespace } = owner;
    const tenant = this.#tenants.get(namespace) ?? { keys: 0, owners: 0 };
    if (owner.keys === 0) tenant.owners += 1;
    owner.keys += by;
    tenant.keys += by;
    if (owner.keys === 0) tenant.owners -= 1;
    if (tenant.keys === 0) this.#tenants.delete(namespace);
    else this.#tenants.set(namespace, tenant);
  }

  /**
   * How much sooner than others an owner has to give a key: 0, its namespace has no more than its share; 1, it has; 2, and the owner
   * has more than its share of that.
   * @param owner has keys
   * @param coming whose key is to be added, and counts already
   */
  excess(owner: KeyOwner, coming: KeyOwner): 0 | 1 | 2 {
    const { keys, owners } = this.#tenants.get(owner.namespace) as Tenant;
    const tenants = this.#tenants.size + (this.#tenants.has(coming.namespace) ? 0 : 1);
    const isOfComing = owner.namespace === coming.namespace;
    const share = this.#most / tenants;
    if (keys + (isOfComing ? 1 : 0) <= share) return 0;
    const ownShare = share / (owners + (isOfComing && coming.keys === 0 ? 1 : 0));
    return owner.keys + (owner === coming ? 1 : 0) > ownShare ? 2 : 1;
  }
}
