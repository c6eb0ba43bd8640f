import type { FunctionObject } from '#api/function.ts';
import { FIELD_MANAGER } from '#api/names.ts';
import type { EventRecorder } from '#platform/controller/event-recorder.ts';
import { type Outcome, WorkQueue } from '#platform/controller/work-queue.ts';
import type { ObjectView } from '#platform/informer/object-view.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { isConflict, isNamespaceLeaving, isNotFound } from '#platform/kube/error.ts';
import { NETWORK_POLICIES, type NetworkPolicy } from '#platform/kube/resources.ts';
import type { Log } from '#platform/process/log.ts';
import type { WorkQueueMetrics } from '#platform/process/metrics.ts';
import { functionsPolicy, isOurs, type NetworkRules, POLICY_NAME, sameRules } from './policy.ts';

interface PolicyControllerOptions {
  kube: KubeClient;
  functions: ObjectView<FunctionObject>;
  /** Those that an operator of ours made. */
  policies: ObjectView<NetworkPolicy>;
  rules: NetworkRules;
  systemNamespace: string;
  events: EventRecorder;
  log: Log;
  metrics: WorkQueueMetrics;
}

/** When to look again at another's policy of our name, which no watch tells of, in milliseconds. */
const LOOK_AGAIN_MS = 30_000;
const CONFLICT_AGAIN_MS = 50;

/** Keeps one NetworkPolicy in every namespace that has Functions, and none in others. */
export class PolicyController implements AsyncDisposable {
  readonly #options: PolicyControllerOptions;
  readonly #queue: WorkQueue;
  readonly #unfollow: (() => void)[];
  /** Others' policies that were told of, by their uid. */
  readonly #told = new Set<string>();

  /** Starts at once; both views must know what is there. */
  constructor(options: PolicyControllerOptions) {
    this.#options = options;
    this.#queue = new WorkQueue({
      name: 'network-policies',
      run: (namespace, signal) => this.#reconcile(namespace, signal),
      log: options.log,
      backoffMaxMs: 30_000,
      metrics: options.metrics,
    });
    const add = (namespace: string | undefined) => this.#queue.add(namespace ?? '');
    for (const namespace of new Set(options.functions.names().map((fn) => fn.namespace))) add(namespace);
    this.#unfollow = [
      options.functions.onNews(({ type, object }) => {
        if (type !== 'updated') add(object.metadata.namespace);
      }),
      options.policies.onChange(({ object }) => add(object.metadata?.namespace)),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stop of this.#unfollow) stop();
    await this.#queue[Symbol.asyncDispose]();
  }

  async #reconcile(namespace: string, signal: AbortSignal): Promise<Outcome> {
    const functions = this.#functionsOf(namespace);
    const known = this.#options.policies.get(namespace, POLICY_NAME);
    try {
      if (functions === 'none') {
        if (known !== undefined) await this.#remove(known, signal);
        return {};
      }
      // Of a namespace that is about to go, nothing is made again.
      if (functions === 'leaving') return {};
      return await this.#ensure(namespace, known, signal);
    } catch (error) {
      // It has changed meanwhile; the watch is about to show it.
      if (isConflict(error)) return { againInMs: CONFLICT_AGAIN_MS };
      // The Functions go with their namespace; the policy may go before them.
      if (isNamespaceLeaving(error)) return {};
      throw error;
    }
  }

  /** Whether a namespace has Functions, and whether all that it has are about to go. */
  #functionsOf(namespace: string): 'none' | 'leaving' | 'some' {
    let found: 'none' | 'leaving' = 'none';
    for (const { metadata } of this.#options.functions.each(namespace)) {
      if (metadata.deletionTimestamp === undefined) return 'some';
      found = 'leaving';
    }
    return found;
  }

  async #ensure(namespace: string, known: NetworkPolicy | undefined, signal: AbortSignal): Promise<Outcome> {
    const { kube, rules, systemNamespace, log } = this.#options;
    const desired = functionsPolicy(namespace, rules, systemNamespace);
    const existing = known ?? (await this.#find(namespace, signal));
    if (existing !== undefined && !isOurs(existing)) {
      this.#tellOfAnothers(existing);
      return { againInMs: LOOK_AGAIN_MS };
    }
    if (existing !== undefined && sameRules(existing, desired)) return {};
    const { uid, resourceVersion } = existing?.metadata ?? {};
    const seen = { ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) };
    const object = { ...desired, metadata: { ...desired.metadata, ...seen } };
    // With nothing there yet, one that appears at this moment is not taken over.
    const force = existing !== undefined;
    await kube.apply(NETWORK_POLICIES, object, { fieldManager: FIELD_MANAGER.operator, force, signal });
    log.info({ namespace, policy: POLICY_NAME }, 'network policy written');
    return {};
  }

  /** Asks the API server: another's carries no label of ours, so no watch shows it. */
  async #find(namespace: string, signal: AbortSignal): Promise<NetworkPolicy | undefined> {
    const ref = { namespace, name: POLICY_NAME };
    return await this.#options.kube.get(NETWORK_POLICIES, ref, { signal }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  }

  async #remove({ metadata = {} }: NetworkPolicy, signal: AbortSignal): Promise<void> {
    const { namespace = '', name = '', uid = '', resourceVersion = '' } = metadata;
    const options = { preconditions: { uid, resourceVersion }, signal };
    await this.#options.kube.delete(NETWORK_POLICIES, { namespace, name }, options).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
    this.#options.log.info({ namespace, policy: name }, 'network policy removed');
  }

  #tellOfAnothers(policy: NetworkPolicy): void {
    const { namespace, name, uid = '' } = policy.metadata ?? {};
    if (this.#told.has(uid)) return;
    this.#told.add(uid);
    const message = `Catnap did not make this NetworkPolicy and leaves it alone, so it does not limit who reaches the functions of namespace ${namespace}. Rename it, and Catnap makes its own`;
    this.#options.events.record(policy, { type: 'Warning', reason: 'NameTaken', message });
    this.#options.log.warn({ namespace, policy: name }, "another's network policy has the name of ours");
  }
}
