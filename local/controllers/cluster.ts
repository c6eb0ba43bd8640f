/** What the controllers share: one watch a kind, one client, one clock. */
import type { EventRecorder } from '#platform/events.ts';
import { Informer } from '#platform/informer.ts';
import type { KubeClient } from '#platform/kube.ts';
import type { Log } from '#platform/log.ts';
import {
  DEPLOYMENTS,
  type Deployment,
  ENDPOINT_SLICES,
  type EndpointSlice,
  type KubeObject,
  NAMESPACES,
  type Namespace,
  PODS,
  type Pod,
  REPLICA_SETS,
  type ReplicaSet,
  type Resource,
  SERVICES,
  type Service,
} from '#platform/resources.ts';
import { SERVICE_ACCOUNTS, type ServiceAccount } from './kinds.ts';

/** On a laptop the API server is back within a second: do not wait long before asking again. */
const RETRY = { baseMs: 50, maxMs: 1_000 };

export class Cluster implements AsyncDisposable {
  readonly kube: KubeClient;
  readonly log: Log;
  readonly pods: Informer<Pod>;
  readonly deployments: Informer<Deployment>;
  readonly replicaSets: Informer<ReplicaSet>;
  readonly services: Informer<Service>;
  readonly endpointSlices: Informer<EndpointSlice>;
  readonly namespaces: Informer<Namespace>;
  readonly serviceAccounts: Informer<ServiceAccount>;

  constructor(kube: KubeClient, log: Log) {
    this.kube = kube;
    this.log = log;
    this.pods = this.watch(PODS);
    this.deployments = this.watch(DEPLOYMENTS);
    this.replicaSets = this.watch(REPLICA_SETS);
    this.services = this.watch(SERVICES);
    this.endpointSlices = this.watch(ENDPOINT_SLICES);
    this.namespaces = this.watch(NAMESPACES);
    this.serviceAccounts = this.watch(SERVICE_ACCOUNTS);
  }

  /** A watch of one more kind; whoever asks disposes of it. */
  watch<T extends KubeObject>(resource: Resource<T>): Informer<T> {
    return new Informer({ kube: this.kube, resource, log: this.log, timing: RETRY });
  }

  get synced(): Promise<unknown> {
    return Promise.all(this.#informers().map((informer) => informer.synced));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#informers().map((informer) => informer[Symbol.asyncDispose]()));
  }

  #informers(): Informer<KubeObject>[] {
    const { pods, deployments, replicaSets, services, endpointSlices, namespaces, serviceAccounts } = this;
    return [
      pods,
      deployments,
      replicaSets,
      services,
      endpointSlices,
      namespaces,
      serviceAccounts,
    ] as Informer<KubeObject>[];
  }
}

/** A controller's own voice in Events. */
export type Recorder = Pick<EventRecorder, 'record'>;
