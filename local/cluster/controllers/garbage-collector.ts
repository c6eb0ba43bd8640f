/** Deletes what has lost its owners, and lets owners go that wait for what they own. */

import { WorkQueue } from '#platform/controller/work-queue.ts';
import { isConflict, isNotFound } from '#platform/kube/error.ts';
import type { KubeObject, OwnerReference, Resource } from '#platform/kube/resources.ts';
import { apiVersionOf, PODS, type Pod } from '#platform/kube/resources.ts';
import { type Cluster, keyOfKind } from './cluster.ts';
import { discoverKinds } from './discovery.ts';
import { CUSTOM_RESOURCE_DEFINITIONS } from './kinds.ts';
import {
  FOREGROUND,
  type GraphNode,
  isDeletingDependents,
  isOrphaning,
  ORPHAN,
  OwnerGraph,
  type OwnerState,
  ownerNamespace,
  verdict,
} from './owner-graph.ts';

interface GarbageCollectorDeps {
  cluster: Cluster;
  beforeDelete: (pod: Pod) => void;
}

/** Kinds that own nothing, are owned by nothing, and change all the time. */
const IGNORED = new Set(['events', 'leases']);
/** A new kind is served a moment after its definition says so. */
const DISCOVER_AGAIN_MS = 100;
/** An object that was changed meanwhile is looked at again, when the watch has brought its new version. */
const CHANGED_AGAIN_MS = 20;

export class GarbageCollector implements AsyncDisposable {
  readonly #deps: GarbageCollectorDeps;
  readonly #graph = new OwnerGraph();
  /** By key; what ends our part in the kind's watch. */
  readonly #watched = new Map<string, { kind: Resource; stop: () => void }>();
  readonly #kinds = new Map<string, Resource>();
  readonly #objects: WorkQueue;
  readonly #discovery: WorkQueue;

  constructor(deps: GarbageCollectorDeps) {
    this.#deps = deps;
    const { log } = deps.cluster;
    this.#objects = new WorkQueue({
      name: 'garbage',
      run: (uid, signal) => this.#attend(uid, signal),
      log,
      backoffBaseMs: 20,
      backoffMaxMs: 10_000,
    });
    this.#discovery = new WorkQueue({
      name: 'discovery',
      run: (_, signal) => this.#discover(signal),
      log,
      concurrency: 1,
    });
    this.#discovery.add('kinds');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#discovery[Symbol.asyncDispose]();
    await this.#objects[Symbol.asyncDispose]();
    for (const { stop } of this.#watched.values()) stop();
  }

  async #discover(signal: AbortSignal): Promise<undefined> {
    const { cluster } = this.#deps;
    const kinds = await discoverKinds(cluster.kube, signal);
    const served = new Map(kinds.filter(({ plural }) => !IGNORED.has(plural)).map((kind) => [keyOfKind(kind), kind]));
    for (const [key, kind] of served) {
      if (this.#watched.has(key)) continue;
      this.#kinds.set(`${apiVersionOf(kind)} ${kind.kind}`, kind);
      this.#watch(key, kind);
      // What an owner of this kind was said to have could not be judged until now.
      for (const node of this.#graph.ownedBy(kind.kind)) this.#objects.add(node.object.metadata?.uid ?? '');
    }
    for (const [key, { kind, stop }] of this.#watched) {
      if (served.has(key)) continue;
      this.#watched.delete(key);
      stop();
      await cluster.unwatch(kind);
    }
  }

  #watch(key: string, resource: Resource): void {
    const watch = this.#deps.cluster.watch<KubeObject>(resource);
    const stop = watch.onChange(({ type, object }) => {
      const uid = object.metadata?.uid ?? '';
      if (keyOfKind(resource) === keyOfKind(CUSTOM_RESOURCE_DEFINITIONS))
        this.#discovery.addAfter('kinds', DISCOVER_AGAIN_MS);
      if (type === 'deleted') {
        for (const dependent of this.#graph.dependents(uid)) this.#objects.add(dependent.object.metadata?.uid ?? '');
        this.#owners(object);
        this.#graph.remove(uid);
        return;
      }
      this.#graph.put({ resource, object });
      if ((object.metadata?.ownerReferences ?? []).length > 0 || object.metadata?.deletionTimestamp !== undefined) {
        this.#objects.add(uid);
      }
    });
    this.#watched.set(key, { kind: resource, stop });
  }

  /** An owner that waits for its dependents looks again when one is gone. */
  #owners(object: KubeObject): void {
    for (const owner of object.metadata?.ownerReferences ?? []) this.#objects.add(owner.uid);
  }

  async #attend(uid: string, signal: AbortSignal): Promise<undefined> {
    const node = this.#graph.get(uid);
    if (node === undefined) return;
    if (isOrphaning(node.object)) await this.#orphan(node, signal);
    else if (isDeletingDependents(node.object)) await this.#deleteDependents(node, signal);
    if (node.object.metadata?.deletionTimestamp === undefined) await this.#judge(node, signal);
  }

  /** Decides about an object by the state of its owners. */
  async #judge(node: GraphNode, signal: AbortSignal): Promise<void> {
    const owners = node.object.metadata?.ownerReferences ?? [];
    const states = new Map<string, OwnerState>();
    for (const owner of owners) states.set(owner.uid, await this.#ownerState(node.object, owner, signal));
    const uid = node.object.metadata?.uid ?? '';
    const hasDependents = this.#graph.dependents(uid).length > 0;
    const decision = verdict(owners, states, hasDependents);
    if (decision.action === 'unlink') await this.#unlink(node, decision.uids, uid, signal);
    if (decision.action === 'delete') await this.#delete(node, decision.propagation, signal);
  }

  async #ownerState(dependent: KubeObject, owner: OwnerReference, signal: AbortSignal): Promise<OwnerState> {
    const known = this.#graph.get(owner.uid);
    if (known !== undefined) {
      return isDeletingDependents(known.object) && owner.blockOwnerDeletion === true ? 'waiting' : 'present';
    }
    const kind = this.#kinds.get(`${owner.apiVersion} ${owner.kind}`);
    // Of a kind that is not served, nothing can be said: better kept than deleted by mistake.
    if (kind === undefined) return 'present';
    try {
      const namespace = ownerNamespace(dependent, kind);
      const found = await this.#deps.cluster.kube.get(kind, { namespace, name: owner.name }, { signal });
      return found.metadata?.uid === owner.uid ? 'present' : 'absent';
    } catch (error) {
      if (isNotFound(error)) return 'absent';
      throw error;
    }
  }

  async #deleteDependents(node: GraphNode, signal: AbortSignal): Promise<void> {
    const dependents = this.#graph.dependents(node.object.metadata?.uid ?? '');
    const blocking = dependents.filter(({ object }) =>
      object.metadata?.ownerReferences?.some((owner) => {
        return owner.uid === node.object.metadata?.uid && owner.blockOwnerDeletion === true;
      }),
    );
    if (blocking.length === 0) return await this.#removeFinalizer(node, FOREGROUND, signal);
    for (const { object } of dependents) this.#objects.add(object.metadata?.uid ?? '');
  }

  async #orphan(node: GraphNode, signal: AbortSignal): Promise<void> {
    const uid = node.object.metadata?.uid ?? '';
    const dependents = this.#graph.dependents(uid);
    for (const dependent of dependents) await this.#unlink(dependent, [uid], uid, signal);
    // Only once the watch shows that none refers to it any more.
    if (dependents.length > 0) return this.#objects.addAfter(uid, CHANGED_AGAIN_MS);
    await this.#removeFinalizer(node, ORPHAN, signal);
  }

  async #unlink(node: GraphNode, uids: readonly string[], about: string, signal: AbortSignal): Promise<void> {
    const left = (node.object.metadata?.ownerReferences ?? []).filter((owner) => !uids.includes(owner.uid));
    await this.#patch(node, { ownerReferences: left.length === 0 ? null : left }, about, signal);
  }

  async #removeFinalizer({ resource, object }: GraphNode, name: string, signal: AbortSignal): Promise<void> {
    const finalizers = (object.metadata?.finalizers ?? []).filter((finalizer) => finalizer !== name);
    const metadata = { finalizers: finalizers.length === 0 ? null : finalizers };
    await this.#patch({ resource, object }, metadata, object.metadata?.uid ?? '', signal);
  }

  /** @param about uid of the object to look at again when this one was changed meanwhile */
  async #patch({ resource, object }: GraphNode, metadata: object, about: string, signal: AbortSignal): Promise<void> {
    const { namespace, name = '', uid, resourceVersion } = object.metadata ?? {};
    const body = { metadata: { uid, resourceVersion, ...metadata } };
    try {
      await this.#deps.cluster.kube.patch(resource, { namespace, name }, { type: 'merge', body }, { signal });
    } catch (error) {
      if (isConflict(error)) return this.#objects.addAfter(about, CHANGED_AGAIN_MS);
      if (!isNotFound(error)) throw error;
    }
  }

  async #delete(node: GraphNode, propagationPolicy: 'Background' | 'Foreground', signal: AbortSignal): Promise<void> {
    const { namespace, name = '', uid = '', resourceVersion = '' } = node.object.metadata ?? {};
    if (keyOfKind(node.resource) === keyOfKind(PODS)) this.#deps.beforeDelete(node.object);
    const options = { signal, propagationPolicy, preconditions: { uid, resourceVersion } };
    try {
      await this.#deps.cluster.kube.delete(node.resource, { namespace, name }, options);
    } catch (error) {
      if (isConflict(error)) return this.#objects.addAfter(uid, CHANGED_AGAIN_MS);
      if (!isNotFound(error)) throw error;
    }
  }
}
