import type { FunctionObject } from '#api/function.ts';
import { functionKey, namesIn } from '#api/rules/function-key.ts';
import { HostPolicy } from '#api/rules/host-owner.ts';
import { HostTemplate } from '#api/rules/host-template.ts';
import type { EventRecorder } from '#platform/controller/event-recorder.ts';
import type { ObjectName } from '#platform/informer/object-cache.ts';
import { eachInTurns, type ObjectView } from '#platform/informer/object-view.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import type { Log } from '#platform/process/log.ts';
import type { OperatorConfig } from '../config.ts';
import { ReleasedStore } from './released-store.ts';
import { RouteClaims, type RouteDecision } from './route-claims.ts';

interface RoutingOptions {
  kube: KubeClient;
  config: OperatorConfig;
  log: Log;
  functions: ObjectView<FunctionObject>;
  events: EventRecorder;
  /** Called with the key of each function whose routes may be decided otherwise now. */
  onAffected: (key: string) => void;
  /** Milliseconds since 1970. */
  nowMs: () => number;
}

/** The routes of all functions: decided by one registry, which outlives this process in statuses and in a ConfigMap. */
export class Routing implements AsyncDisposable {
  readonly template: HostTemplate;
  readonly #options: RoutingOptions;
  readonly #claims: RouteClaims;
  readonly #store: ReleasedStore;
  readonly #stopFollowing: () => void;
  /** What was kept is known: from here on it may be written over. */
  #begun = false;

  constructor(options: RoutingOptions) {
    const { kube, config, log, functions, nowMs } = options;
    this.#options = options;
    this.template = new HostTemplate(config.CATNAP_HOST_TEMPLATE, config.CATNAP_DOMAIN);
    this.#store = new ReleasedStore({
      kube,
      log,
      namespace: config.CATNAP_SYSTEM_NAMESPACE,
      name: config.CATNAP_RELEASED_HOSTS,
      released: () => this.#claims.released,
      nowMs,
    });
    const gateway = `${config.CATNAP_GATEWAY_SERVICE}.${config.CATNAP_SYSTEM_NAMESPACE}`;
    const clusterDomain = config.CATNAP_CLUSTER_DOMAIN;
    this.#claims = new RouteClaims({
      policy: new HostPolicy({
        template: this.template,
        clusterDomain,
        gateway,
        strict: false,
        owners: [],
        ...config.CATNAP_HOSTS,
      }),
      find: (namespace, name) => functions.get(namespace, name),
      onReleased: () => this.#begun && this.#store.changed(),
    });
    // Also while another operator leads: who takes over in a deletion's moment still knows of it.
    this.#stopFollowing = functions.onChange(({ type, object }) => type === 'deleted' && this.forget(object));
  }

  /** Takes over what was decided before; to be awaited before the first decision. `functions` must have synced. */
  async begin(signal: AbortSignal): Promise<void> {
    const { released } = this.#claims;
    for (const [host, kept] of await this.#store.load(signal)) if (!released.has(host)) released.set(host, kept);
    for await (const fn of eachInTurns(this.#options.functions, await this.#claimants())) {
      if (signal.aborted) break;
      this.#claims.restore(fn);
    }
    this.#begun = true;
    if (released.size > 0) this.#store.changed();
  }

  /** Those that may have routes: the oldest claim first, then by key. */
  async #claimants(): Promise<ObjectName[]> {
    const claims: (ObjectName & { first: string })[] = [];
    for await (const fn of eachInTurns(this.#options.functions)) {
      const { namespace, name } = fn.metadata;
      if (fn.status?.routes !== undefined) claims.push({ namespace, name, first: firstClaim(fn) });
    }
    return claims.sort((a, b) => (a.first < b.first ? -1 : 1));
  }

  /** Decides on the function's routes, and tells other functions that this concerns. */
  decide(fn: FunctionObject): RouteDecision {
    const { functions, events, nowMs } = this.#options;
    const decision = this.#claims.decide(fn, nowMs());
    this.#affect(decision.affected);
    for (const { holder, message } of decision.contested) {
      const [namespace, name = ''] = holder.split('/');
      const held = functions.get(namespace, name);
      if (held !== undefined) events.record(held, { type: 'Warning', reason: 'RouteContested', message });
    }
    return decision;
  }

  /** The function is gone, or going. */
  forget(fn: FunctionObject): void {
    this.#affect(this.#claims.forget(fn, this.#options.nowMs()));
  }

  /** Those whose routes a function stands in the way of because it has come, or no more because it went. */
  cameOrWent({ metadata }: FunctionObject): void {
    const hosts = [this.template.hostOf(metadata), `${metadata.name}.${metadata.namespace}`];
    for (const host of hosts) if (host !== undefined) this.#affect(this.#claims.concernedBy(host));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopFollowing();
    await this.#store[Symbol.asyncDispose]();
  }

  #affect(keys: Iterable<string>): void {
    const { functions, onAffected } = this.#options;
    for (const key of keys) {
      if (functions.has(...namesIn(key))) onAffected(key);
    }
  }
}

function firstClaim({ metadata, status }: FunctionObject): string {
  const since = (status?.routes ?? []).flatMap((route) => route.since ?? []).sort()[0] ?? '~';
  return `${since} ${functionKey(metadata.namespace, metadata.name)}`;
}
