/** How much of a ResourceQuota is used, by the objects of its namespace. */
import type { KubeObject } from '../../objects/kind-schema.ts';
import type { Fields } from '../resources/fields.ts';
import { fieldsOf, listOf, textOf } from '../resources/fields.ts';
import { parseQuantity } from '../resources/quantity.ts';

/** Amounts by the names of a quota's `spec.hard`, in units. */
export type Usage = ReadonlyMap<string, number>;

const COUNTED = ['configmaps', 'secrets', 'services', 'resourcequotas', 'persistentvolumeclaims'];

/**
 * What one object counts for.
 * @param resource `pods`, `deployments.apps`
 */
export function usageOf(resource: string, object: KubeObject): Usage {
  const usage = new Map([[`count/${resource}`, 1]]);
  if (COUNTED.includes(resource)) usage.set(resource, 1);
  if (resource === 'pods') for (const [name, amount] of podUsage(object)) usage.set(name, amount);
  if (resource === 'services') addServiceUsage(usage, object);
  return usage;
}

function addServiceUsage(usage: Map<string, number>, service: KubeObject): void {
  const type = textOf(fieldsOf(service, 'spec'), 'type');
  if (type === 'LoadBalancer') usage.set('services.loadbalancers', 1);
  if (type === 'NodePort') usage.set('services.nodeports', listOf(fieldsOf(service, 'spec'), 'ports').length);
}

/** A pod that is over counts as an object only. */
function podUsage(pod: KubeObject): Usage {
  const phase = textOf(fieldsOf(pod, 'status'), 'phase');
  if (phase === 'Failed' || phase === 'Succeeded') return new Map();
  const usage = new Map([['pods', 1]]);
  for (const [list, prefix] of [
    ['requests', 'requests.'],
    ['limits', 'limits.'],
  ] as const) {
    for (const [name, amount] of containerSum(fieldsOf(pod, 'spec'), list)) {
      usage.set(`${prefix}${name}`, amount);
      if (list === 'requests') usage.set(name, amount);
    }
  }
  return usage;
}

/** All containers together, or the greediest init container when that is more. */
function containerSum(spec: Fields, list: 'requests' | 'limits'): Usage {
  const sum = new Map<string, number>();
  for (const [name, amount] of amounts(listOf(spec, 'containers'), list)) sum.set(name, (sum.get(name) ?? 0) + amount);
  for (const [name, amount] of amounts(listOf(spec, 'initContainers'), list)) {
    sum.set(name, Math.max(sum.get(name) ?? 0, amount));
  }
  return sum;
}

function amounts(containers: readonly Fields[], list: string): [string, number][] {
  return containers.flatMap((container) =>
    Object.entries(fieldsOf(fieldsOf(container, 'resources'), list)).map(([name, amount]): [string, number] => [
      name,
      parseQuantity(amount) ?? 0,
    ]),
  );
}

export function sumOf(usages: readonly Usage[]): Usage {
  const sum = new Map<string, number>();
  for (const usage of usages) for (const [name, amount] of usage) sum.set(name, (sum.get(name) ?? 0) + amount);
  return sum;
}

/** Names that a pod has to state when a quota limits them, and by which containers they are not stated. */
export function unstated(pod: KubeObject, hard: Fields): { name: string; containers: string[] }[] {
  const containers = listOf(fieldsOf(pod, 'spec'), 'containers');
  return Object.keys(hard)
    .sort()
    .flatMap((name) => {
      const asked = /^(limits|requests)\.(cpu|memory)$/.exec(name) ?? /^()(cpu|memory)$/.exec(name);
      if (asked === null) return [];
      const list = asked[1] === 'limits' ? 'limits' : 'requests';
      const without = containers.filter(
        (container) => fieldsOf(fieldsOf(container, 'resources'), list)[asked[2] ?? ''] === undefined,
      );
      return without.length === 0 ? [] : [{ name, containers: without.map((container) => textOf(container, 'name')) }];
    });
}
