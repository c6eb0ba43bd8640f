import type { KubeObject } from '../../objects/kind-schema.ts';
import type { Call } from '../cluster.ts';
import { targetOf } from '../cluster.ts';
import { fieldsOf } from '../resources/fields.ts';
import { formatQuantity, parseQuantity } from '../resources/quantity.ts';
import { forbidden, groupResource } from '../status.ts';
import type { Store } from '../store/store.ts';
import type { Usage } from './quota-usage.ts';
import { sumOf, unstated, usageOf } from './quota-usage.ts';

/** Throws a 403 when a ResourceQuota of the namespace leaves no room for `next`. */
export function checkQuotas(call: Call, next: KubeObject): void {
  const { store } = call.cluster;
  const { namespace } = call.request;
  if (!call.resource.namespaced) return;
  const target = targetOf(call);
  const resource = groupResource(target);
  for (const { object: quota } of store.list('resourcequotas', namespace)) {
    const why = refusal(quota, { resource, next, store, namespace });
    if (why !== undefined) throw forbidden({ ...target, name: next.metadata.name ?? '' }, why);
  }
}

interface Asked {
  resource: string;
  next: KubeObject;
  store: Store;
  namespace: string;
}

function refusal(quota: KubeObject, { resource, next, store, namespace }: Asked): string | undefined {
  const hard = fieldsOf(fieldsOf(quota, 'spec'), 'hard');
  const name = quota.metadata.name ?? '';
  const missing = resource === 'pods' ? unstated(next, hard) : [];
  if (missing.length > 0) {
    const listed = missing.map((entry) => `${entry.name} for: ${entry.containers.join(',')}`).join('; ');
    return `failed quota: ${name}: must specify ${listed}`;
  }
  const requested = usageOf(resource, next);
  const limited = [...requested.keys()].filter((key) => key in hard).sort();
  if (limited.length === 0) return undefined;
  const used = usedIn(store, namespace, [resource]);
  const exceeded = limited.filter(
    (key) =>
      (requested.get(key) ?? 0) > 0 &&
      (used.get(key) ?? 0) + (requested.get(key) ?? 0) > (parseQuantity(hard[key]) ?? 0),
  );
  if (exceeded.length === 0) return undefined;
  const listed = (usage: Usage) => exceeded.map((key) => `${key}=${amount(usage, key, hard)}`).join(',');
  const hardest = exceeded.map((key) => `${key}=${hard[key]}`).join(',');
  return `exceeded quota: ${name}, requested: ${listed(requested)}, used: ${listed(used)}, limited: ${hardest}`;
}

function amount(usage: Usage, key: string, hard: { [key: string]: unknown }): string {
  return formatQuantity(usage.get(key) ?? 0, String(hard[key]));
}

/**
 * What the objects of a namespace use together.
 * @param buckets kinds to count: `pods`, `deployments.apps`
 */
export function usedIn(store: Store, namespace: string, buckets: readonly string[]): Usage {
  return sumOf(buckets.flatMap((bucket) => store.list(bucket, namespace).map(({ object }) => usageOf(bucket, object))));
}
