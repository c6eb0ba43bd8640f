/** Removes pods that no node will ever end. */

import { WorkQueue } from '#platform/controller/work-queue.ts';
import { isConflict, isNotFound } from '#platform/kube/error.ts';
import { PODS, type Pod } from '#platform/kube/resources.ts';
import type { Cluster } from './cluster.ts';
import { keyOf, splitKey } from './kinds.ts';

/** @param nodes names of the nodes there are */
export function startPodGc(cluster: Cluster, nodes: ReadonlySet<string>): WorkQueue {
  const queue = new WorkQueue({
    name: 'pod-gc',
    run: (key, signal) => collect(key, cluster, nodes, signal),
    log: cluster.log,
  });
  cluster.pods.onChange((change) => {
    if (change.type !== 'deleted' && isOrphaned(change.object, nodes)) queue.add(keyOf(change.object));
  });
  return queue;
}

/** Being deleted without a node, or bound to one that does not exist. Pure. */
function isOrphaned(pod: Pod, nodes: ReadonlySet<string>): boolean {
  const node = pod.spec?.nodeName ?? '';
  return node === '' ? pod.metadata?.deletionTimestamp !== undefined : !nodes.has(node);
}

async function collect(
  key: string,
  { kube, pods }: Cluster,
  nodes: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<undefined> {
  const { namespace, name } = splitKey(key);
  const pod = pods.get(namespace, name);
  if (pod === undefined || !isOrphaned(pod, nodes)) return;
  const preconditions = { uid: pod.metadata?.uid ?? '' };
  await kube
    .delete(PODS, { namespace, name }, { signal, gracePeriodSeconds: 0, preconditions })
    .catch((error: unknown) => {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    });
}
