import type { Fields } from '../fields.ts';
import { fieldsOf, listOf } from '../fields.ts';
import { parseQuantity } from '../quantity.ts';

type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';
const COUNTED = ['cpu', 'memory'];

/** By what its containers ask for of cpu and memory. */
export function qosClassOf(spec: Fields): QosClass {
  const containers = [...listOf(spec, 'containers'), ...listOf(spec, 'initContainers')];
  const all = containers.map((container) => fieldsOf(container, 'resources'));
  const asks = all.some((resources) => ['requests', 'limits'].some((name) => amounts(resources, name).length > 0));
  if (!asks) return 'BestEffort';
  return all.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

function isGuaranteed(resources: Fields): boolean {
  const limits = new Map(amounts(resources, 'limits'));
  const requests = new Map(amounts(resources, 'requests'));
  return COUNTED.every((name) => limits.has(name) && (requests.get(name) ?? limits.get(name)) === limits.get(name));
}

function amounts(resources: Fields, name: string): [string, number][] {
  return Object.entries(fieldsOf(resources, name))
    .filter(([resource]) => COUNTED.includes(resource))
    .map(([resource, amount]): [string, number] => [resource, parseQuantity(amount) ?? 0])
    .filter(([, amount]) => amount > 0);
}
