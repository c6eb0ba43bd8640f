/** Every namespace has a default ServiceAccount; one that is deleted is emptied first. */

import { WorkQueue } from '#platform/controller/work-queue.ts';
import { isAlreadyExists, isNotFound } from '#platform/kube/error.ts';
import {
  type KubeObject,
  NAMESPACES,
  type Namespace,
  PODS,
  type Pod,
  type Resource,
} from '#platform/kube/resources.ts';
import type { Cluster } from './cluster.ts';
import { discoverKinds } from './discovery.ts';
import { SERVICE_ACCOUNTS } from './kinds.ts';

const FINALIZER = 'kubernetes';
/** Pods take their grace period to go: look again until nothing is left. */
const LOOK_AGAIN_MS = 100;

interface NamespaceDeps {
  cluster: Cluster;
  beforeDelete: (pod: Pod) => void;
}

export function startNamespaceController(deps: NamespaceDeps): WorkQueue {
  const { cluster } = deps;
  const queue = new WorkQueue({
    name: 'namespaces',
    run: (name, signal) => reconcileNamespace(name, deps, signal),
    log: cluster.log,
    backoffBaseMs: 50,
    backoffMaxMs: 5_000,
  });
  cluster.namespaces.onChange((change) => queue.add(change.object.metadata?.name ?? ''));
  cluster.serviceAccounts.onChange((change) => {
    if (change.type === 'deleted') queue.add(change.object.metadata?.namespace ?? '');
  });
  return queue;
}

async function reconcileNamespace(
  name: string,
  deps: NamespaceDeps,
  signal: AbortSignal,
): Promise<{ againInMs?: number }> {
  const { cluster } = deps;
  const namespace = cluster.namespaces.get(undefined, name);
  if (namespace === undefined) return {};
  if (namespace.metadata?.deletionTimestamp === undefined) {
    if (cluster.serviceAccounts.get(name, 'default') === undefined) await createAccount(name, cluster, signal);
    return {};
  }
  const left = await empty(name, deps, signal);
  if (left > 0) return { againInMs: LOOK_AGAIN_MS };
  await finalize(namespace, cluster, signal);
  return {};
}

async function createAccount(namespace: string, { kube }: Cluster, signal: AbortSignal): Promise<void> {
  const account = { metadata: { name: 'default', namespace } };
  await kube.create(SERVICE_ACCOUNTS, account, { signal }).catch((error: unknown) => {
    if (!isAlreadyExists(error) && !isNotFound(error)) throw error;
  });
}

/** Asks for the deletion of everything; how many objects are still there. */
async function empty(namespace: string, deps: NamespaceDeps, signal: AbortSignal): Promise<number> {
  const kinds = (await discoverKinds(deps.cluster.kube, signal)).filter((kind) => kind.namespaced);
  const counts = await Promise.all(kinds.map((kind) => emptyKind(kind, namespace, deps, signal)));
  return counts.reduce((total, count) => total + count, 0);
}

async function emptyKind(
  kind: Resource<KubeObject>,
  namespace: string,
  { cluster, beforeDelete }: NamespaceDeps,
  signal: AbortSignal,
): Promise<number> {
  const { items } = await cluster.kube.listAll(kind, { namespace, signal });
  const waiting = items.filter((item) => item.metadata?.deletionTimestamp === undefined);
  await Promise.all(
    waiting.map(async (item) => {
      if (kind.plural === PODS.plural && kind.group === '') beforeDelete(item);
      const { name = '' } = item.metadata ?? {};
      await cluster.kube
        .delete(kind, { namespace, name }, { signal, propagationPolicy: 'Background' })
        .catch((error: unknown) => {
          if (!isNotFound(error)) throw error;
        });
    }),
  );
  return items.length;
}

async function finalize(namespace: Namespace, { kube }: Cluster, signal: AbortSignal): Promise<void> {
  const finalizers = (namespace.spec?.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
  const next = { ...namespace, spec: { ...namespace.spec, finalizers } };
  await kube.replace(NAMESPACES, next, { subresource: 'finalize', signal }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}
