import type { Demand } from '../cold-start/waves.ts';
import type { RevisionLoad } from '../telemetry/function-metrics.ts';
import { PastLoads } from './past-loads.ts';
import type { PoolOwner } from './pool-owner.ts';
import { RevisionPool } from './revision-pool.ts';

/** The pools of one function: of the revisions that requests may go to, and of those that still have some. */
export class RevisionPools implements Demand {
  readonly #owner: PoolOwner;
  /** Nearly always one or two, at most four. */
  #pools: RevisionPool[] = [];
  readonly #past = new PastLoads();
  /** Of pools that are not there any more. */
  #goneRequests = 0;
  #goneSeconds = 0;
  #goneAdmittedAtMs = 0;

  constructor(owner: PoolOwner) {
    this.#owner = owner;
  }

  /** Made when there is none. @param revision undefined: the pool of those that wait for the first one. */
  of(revision: string | undefined): RevisionPool {
    for (const pool of this.#pools) if (pool.revision === revision) return pool;
    const pool = new RevisionPool(revision, this.#owner);
    this.#pools.push(pool);
    return pool;
  }

  [Symbol.iterator](): Iterator<RevisionPool> {
    return this.#pools.values();
  }

  /** Of each revision that has a pool, or had one not long ago. */
  get loads(): Iterable<RevisionLoad> {
    return this.#past.beside(this.#pools, this.#owner.parts.clock.nowMs());
  }
  get waiting(): number {
    return this.#sum(({ waiting }) => waiting);
  }
  get inFlight(): number {
    return this.#sum(({ inFlight }) => inFlight);
  }
  get takenByOthers(): number {
    return this.#sum(({ takenByOthers }) => takenByOthers);
  }
  /** All that ever came, refused ones included. */
  get requests(): number {
    return this.#goneRequests + this.#sum(({ requests }) => requests);
  }
  get waitingSinceMs(): number | undefined {
    const since = this.#pools.map(({ waitingSinceMs }) => waitingSinceMs).filter((atMs) => atMs !== undefined);
    return since.length === 0 ? undefined : Math.min(...since);
  }
  get admittedAtMs(): number {
    return Math.max(this.#goneAdmittedAtMs, ...this.#pools.map(({ admittedAtMs }) => admittedAtMs));
  }
  /** Of requests in flight or waiting, in request-seconds. */
  concurrencySeconds(): number {
    return this.#goneSeconds + this.#sum((pool) => pool.concurrencySeconds());
  }

  /** Requests may go to these: the others end with the requests that they have. */
  keep(present: readonly RevisionPool[]): void {
    if (this.#pools.every((pool) => present.includes(pool))) return;
    this.#pools = this.#pools.filter((pool) => present.includes(pool) || !this.#retire(pool));
  }

  #sum(of: (pool: RevisionPool) => number): number {
    let sum = 0;
    for (const pool of this.#pools) sum += of(pool);
    return sum;
  }

  /** False: it has requests still. */
  #retire(pool: RevisionPool): boolean {
    pool.withdraw();
    if (pool.inFlight + pool.waiting > 0) return false;
    this.#goneRequests += pool.requests;
    this.#goneSeconds += pool.concurrencySeconds();
    this.#goneAdmittedAtMs = Math.max(this.#goneAdmittedAtMs, pool.admittedAtMs);
    const others = this.#pools.filter((other) => other !== pool);
    this.#past.add(pool, others, this.#owner.parts.clock.nowMs());
    pool[Symbol.dispose]();
    return true;
  }
}
