/** PodDisruptionBudgets know how many of their pods may go. */
import { isDeepStrictEqual } from 'node:util';
import { WorkQueue } from '#platform/controller/work-queue.ts';
import { isNotFound } from '#platform/kube/error.ts';
import type { Pod } from '#platform/kube/resources.ts';
import { selectorMatches } from '../objects/label-selector.ts';
import type { Cluster } from './cluster.ts';
import { disruptionStatus } from './disruption-status.ts';
import { controllerOf, DISRUPTION_BUDGETS, type DisruptionBudget, keyOf, splitKey } from './kinds.ts';

/** Pods that start change several times in a row. */
const SETTLE_MS = 100;

export function startDisruptionController(cluster: Cluster): WorkQueue {
  const queue = new WorkQueue({
    name: 'disruption-budgets',
    run: (key, signal) => reconcile(key, cluster, signal),
    log: cluster.log,
    backoffBaseMs: 20,
  });
  cluster.disruptionBudgets.onChange(({ object }) => queue.add(keyOf(object)));
  cluster.pods.onChange(({ object }) => {
    for (const budget of cluster.disruptionBudgets.list()) {
      if (selects(budget, object)) queue.addAfter(keyOf(budget), SETTLE_MS);
    }
  });
  return queue;
}

function selects({ metadata, spec }: DisruptionBudget, pod: Pod): boolean {
  if (metadata?.namespace !== pod.metadata?.namespace || spec?.selector === undefined) return false;
  return selectorMatches(spec.selector, pod.metadata?.labels);
}

async function reconcile(key: string, cluster: Cluster, signal: AbortSignal): Promise<undefined> {
  const ref = splitKey(key);
  const budget = cluster.disruptionBudgets.get(ref.namespace, ref.name);
  if (budget === undefined || budget.metadata?.deletionTimestamp !== undefined) return;
  const pods = cluster.pods.list().filter((pod) => selects(budget, pod));
  const status = disruptionStatus(budget, pods, scaleOf(pods, cluster), Date.now());
  if (isDeepStrictEqual(status, budget.status)) return;
  const options = { subresource: 'status', signal };
  await cluster.kube
    .patch(DISRUPTION_BUDGETS, ref, { type: 'merge', body: { status } }, options)
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
}

/** How many pods their controllers want; one that nobody controls wants itself. */
function scaleOf(pods: readonly Pod[], { replicaSets, deployments }: Cluster): number {
  const wanted = new Map<string, number>();
  for (const pod of pods) {
    const namespace = pod.metadata?.namespace;
    const set = controllerOf(pod, 'ReplicaSet');
    const found = set && replicaSets.get(namespace, set.name);
    const owner = found && controllerOf(found, 'Deployment');
    const deployment = owner && deployments.get(namespace, owner.name);
    const controller = deployment ?? found;
    wanted.set(
      (controller ?? pod).metadata?.uid ?? '',
      controller === undefined ? 1 : (controller.spec?.replicas ?? 1),
    );
  }
  return [...wanted.values()].reduce((sum, count) => sum + count, 0);
}
