import { Informer } from '../informer/informer.ts';
import { compareVersions } from '../informer/resource-version.ts';
import type { CallOptions } from '../kube/calls.ts';
import type { KubeClient } from '../kube/client.ts';
import { LEASES, type Lease } from '../kube/resources.ts';
import type { Log } from '../process/log.ts';
import type { LeaseSpec } from './lease-record.ts';

/** Where one lease is kept. */
export interface LeaseStore {
  /** Resolves when it is known whether there is one. */
  readonly synced: Promise<void>;
  /** Calls back with each state of it that is heard of, undefined when it is gone; first with the present one. */
  follow(handler: (lease: Lease | undefined) => void): () => void;
  /** Undefined: there is none. */
  read(options: CallOptions): Promise<Lease | undefined>;
  /** Writes onto just that version of it; makes it where `onto` is undefined. 409 when another was faster. */
  write(spec: LeaseSpec, onto: Lease | undefined, options: CallOptions): Promise<Lease>;
}

interface KubeLeaseOptions {
  /** One whose writes no gate holds back. */
  kube: KubeClient;
  namespace: string;
  name: string;
  log: Log;
}

/** A coordination.k8s.io/v1 Lease. Needs to list, watch and update it by its name, and to create Leases. */
export class KubeLease implements LeaseStore, AsyncDisposable {
  readonly synced: Promise<void>;
  readonly #options: KubeLeaseOptions;
  readonly #informer: Informer<Lease>;
  /** Of the newest that was written or read: a watch may still tell of older ones. */
  #newest = '0';

  constructor(options: KubeLeaseOptions) {
    const { name, ...others } = options;
    this.#options = options;
    this.#informer = new Informer({ ...others, resource: LEASES, fieldSelector: `metadata.name=${name}` });
    this.synced = this.#informer.synced;
  }

  follow(handler: (lease: Lease | undefined) => void): () => void {
    return this.#informer.onChange(({ type, object }) => {
      if (compareVersions(object.metadata?.resourceVersion, this.#newest) < 0) return;
      handler(type === 'deleted' ? undefined : object);
    });
  }

  async read(options: CallOptions): Promise<Lease | undefined> {
    const { kube, namespace, name } = this.#options;
    // Named in a list: to list and watch it is a right that the informer needs, and no other is needed for this.
    const { items } = await kube.list(LEASES, { namespace, fieldSelector: `metadata.name=${name}`, ...options });
    return items[0] && this.#note(items[0]);
  }

  async write(spec: LeaseSpec, onto: Lease | undefined, options: CallOptions): Promise<Lease> {
    const { kube, namespace, name } = this.#options;
    if (onto === undefined)
      return this.#note(await kube.create(LEASES, { metadata: { namespace, name }, spec }, options));
    return this.#note(await kube.replace(LEASES, { ...onto, spec }, options));
  }

  #note(lease: Lease): Lease {
    this.#newest = lease.metadata?.resourceVersion ?? '0';
    return lease;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#informer[Symbol.asyncDispose]();
  }
}
