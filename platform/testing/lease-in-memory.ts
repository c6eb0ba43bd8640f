import { KubeError } from '../kube/error.ts';
import type { Lease } from '../kube/resources.ts';
import type { LeaseSpec } from '../leader/lease-record.ts';
import type { LeaseStore } from '../leader/lease-store.ts';

/** The API server's side of one lease. */
export class LeaseInMemory {
  lease: Lease | undefined;
  /** Holders in the order in which they wrote. */
  readonly holders: string[] = [];
  readonly #followers = new Set<(lease: Lease | undefined) => void>();
  #version = 0;

  /** As one candidate reaches it. */
  reach(): LeaseStore & { up: boolean } {
    const reached = {
      up: true,
      synced: Promise.resolve(),
      follow: (handler: (lease: Lease | undefined) => void) => {
        const follower = (lease: Lease | undefined) => reached.up && handler(lease);
        this.#followers.add(follower);
        if (this.lease !== undefined) follower(this.lease);
        return () => this.#followers.delete(follower);
      },
      read: async () => {
        if (!reached.up) throw new KubeError(0, 'NoAnswer', 'cut off');
        return this.lease;
      },
      write: async (spec: LeaseSpec, onto: Lease | undefined) => {
        if (!reached.up) throw new KubeError(0, 'NoAnswer', 'cut off');
        return this.write(spec, onto);
      },
    };
    return reached;
  }

  write(spec: LeaseSpec, onto: Lease | undefined): Lease {
    if (onto?.metadata?.resourceVersion !== this.lease?.metadata?.resourceVersion) {
      throw new KubeError(409, onto === undefined ? 'AlreadyExists' : 'Conflict', 'another was faster');
    }
    this.#version += 1;
    this.lease = { metadata: { name: 'x', namespace: 's', resourceVersion: String(this.#version) }, spec };
    if (this.holders.at(-1) !== spec.holderIdentity) this.holders.push(spec.holderIdentity ?? '');
    for (const follower of this.#followers) follower(this.lease);
    return this.lease;
  }
}
