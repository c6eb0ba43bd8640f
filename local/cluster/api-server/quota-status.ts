/** Keeps `status` of ResourceQuotas true to what their namespaces hold. */
import { usedIn } from './admission/quota.ts';
import type { Cluster } from './cluster.ts';
import { fieldsOf, semanticallyEqual } from './resources/fields.ts';
import { formatQuantity } from './resources/quantity.ts';
import type { Change } from './store/entry.ts';
import { EVERY_BUCKET } from './store/store.ts';

const QUOTAS = 'resourcequotas';

/** From now on, after each change in a namespace that has quotas; several changes at once are counted once. */
export function keepQuotaStatus(cluster: Cluster): () => void {
  const changed = new Set<string>();
  const countChanged = () => {
    const namespaces = [...changed];
    changed.clear();
    for (const namespace of namespaces) count(cluster, namespace);
  };
  const stop = cluster.store.listen(EVERY_BUCKET, ({ key, type }: Change) => {
    if (key.namespace === '' || (key.bucket === QUOTAS && type === 'DELETED')) return;
    if (cluster.store.list(QUOTAS, key.namespace).length === 0) return;
    if (changed.size === 0) setImmediate(countChanged);
    changed.add(key.namespace);
  });
  return () => {
    stop();
    changed.clear(); // what was to be counted next is counted after the next start
  };
}

function count({ store, registry }: Cluster, namespace: string): void {
  const buckets = new Set(registry.all().flatMap((resource) => (resource.namespaced ? [resource.bucket] : [])));
  const used = usedIn(store, namespace, [...buckets]);
  for (const { object } of store.list(QUOTAS, namespace)) {
    const hard = fieldsOf(fieldsOf(object, 'spec'), 'hard');
    const amounts = Object.entries(hard).map(([name, limit]) => [
      name,
      formatQuantity(used.get(name) ?? 0, String(limit)),
    ]);
    const status = { hard, used: Object.fromEntries(amounts) };
    if (semanticallyEqual(status, object.status)) continue;
    store.put({ bucket: QUOTAS, namespace, name: object.metadata.name ?? '' }, { ...object, status });
  }
}
