/** What the controllers share: one watch a kind, one client, one clock. */
import type { EventRecorder } from '#platform/controller/event-recorder.ts';
import { Informer } from '#platform/informer/informer.ts';
import type { KubeClient } from '#platform/kube/client.ts';
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
} from '#platform/kube/resources.ts';
import type { Log } from '#platform/process/log.ts';
import {
  DISRUPTION_BUDGETS,
  type DisruptionBudget,
  JOBS,
  type Job,
  SERVICE_ACCOUNTS,
  type ServiceAccount,
} from './kinds.ts';

/** On a laptop the API server is back within a second: do not wait long before asking again. */
const RETRY = { baseMs: 50, maxMs: 1_000 };

export class Cluster implements AsyncDisposable {
  readonly kube: KubeClient;
  readonly log: Log;
  readonly pods: Informer<Pod>;
  readonly deployments: Informer<Deployment>;
  readonly replicaSets: Informer<ReplicaSet>;
  readonly jobs: Informer<Job>;
  readonly disruptionBudgets: Informer<DisruptionBudget>;
  readonly services: Informer<Service>;
  readonly endpointSlices: Informer<EndpointSlice>;
  readonly namespaces: Informer<Namespace>;
  readonly serviceAccounts: Informer<ServiceAccount>;
  readonly #watches = new Map<string, Informer<KubeObject>>();

  /** Watches at once what the controllers need. */
  constructor(kube: KubeClient, log: Log) {
    this.kube = kube;
    this.log = log;
    this.pods = this.watch(PODS);
    this.deployments = this.watch(DEPLOYMENTS);
    this.replicaSets = this.watch(REPLICA_SETS);
    this.jobs = this.watch(JOBS);
    this.disruptionBudgets = this.watch(DISRUPTION_BUDGETS);
    this.services = this.watch(SERVICES);
    this.endpointSlices = this.watch(ENDPOINT_SLICES);
    this.namespaces = this.watch(NAMESPACES);
    this.serviceAccounts = this.watch(SERVICE_ACCOUNTS);
  }

  /** The one watch of this kind, for all who ask. */
  watch<T extends KubeObject>(resource: Resource<T>): Informer<T> {
    const key = keyOfKind(resource);
    const known = this.#watches.get(key);
    if (known !== undefined) return known as unknown as Informer<T>;
    const informer = new Informer({ kube: this.kube, resource, log: this.log, timing: RETRY });
    this.#watches.set(key, informer as unknown as Informer<KubeObject>);
    return informer;
  }

  /** Ends the watch of a kind that is no longer served. */
  async unwatch(resource: Resource): Promise<void> {
    const key = keyOfKind(resource);
    const informer = this.#watches.get(key);
    this.#watches.delete(key);
    await informer?.[Symbol.asyncDispose]();
  }

  /** All that are watched by now. */
  async synced(): Promise<void> {
    await Promise.all([...this.#watches.values()].map((informer) => informer.synced));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#watches.values()].map((informer) => informer[Symbol.asyncDispose]()));
  }
}

/** `deployments.apps`: one version of a kind is watched. */
export function keyOfKind({ group, plural }: Resource): string {
  return `${plural}.${group}`;
}

/** A controller's own voice in Events. */
export type Recorder = Pick<EventRecorder, 'record'>;
