/** The two priority classes that every cluster has, for pods that it cannot be without. */
import { randomUUID } from 'node:crypto';
import type { Cluster } from './cluster.ts';
import { timeOf } from './write/metadata.ts';

const BUCKET = 'priorityclasses.scheduling.k8s.io';

/** Their values lie above the highest that users may give to their own, 1,000,000,000. */
const SYSTEM_CLASSES = [
  {
    name: 'system-node-critical',
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
  {
    name: 'system-cluster-critical',
    value: 2_000_000_000,
    description:
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  },
];

/** Makes those that are missing. */
export function makeSystemPriorityClasses({ store, now }: Pick<Cluster, 'store' | 'now'>): void {
  for (const { name, value, description } of SYSTEM_CLASSES) {
    const key = { bucket: BUCKET, namespace: '', name };
    if (store.get(key) !== undefined) continue;
    store.put(key, {
      kind: 'PriorityClass',
      apiVersion: 'scheduling.k8s.io/v1',
      metadata: { name, uid: randomUUID(), creationTimestamp: timeOf(now()), generation: 1 },
      value,
      description,
      preemptionPolicy: 'PreemptLowerPriority',
    });
  }
}
