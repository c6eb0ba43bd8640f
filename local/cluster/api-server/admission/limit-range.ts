/** LimitRanges: what a namespace's containers get when they ask for nothing, and what they may ask for. */
import type { KubeObject } from '../../objects/kind-schema.ts';
import type { Call } from '../cluster.ts';
import { targetOf } from '../cluster.ts';
import { ensureFields, type Fields, fieldsOf, listOf, textOf } from '../resources/fields.ts';
import { parseQuantity } from '../resources/quantity.ts';
import { forbidden } from '../status.ts';

const ANNOTATION = 'kubernetes.io/limit-ranger';

/** Throws a 403 for a pod that asks for more, or less, than its namespace allows. Fills in what it leaves out. */
export function applyLimitRanges(call: Call, pod: KubeObject): void {
  const errors = call.cluster.store.list('limitranges', call.request.namespace).flatMap(({ object }) => {
    const items = listOf(fieldsOf(object, 'spec'), 'limits');
    fillIn(
      pod,
      items.filter((item) => item.type === 'Container'),
    );
    return items.flatMap((item) => itemErrors(item, pod));
  });
  if (errors.length === 0) return;
  const why = errors.length === 1 ? String(errors[0]) : `[${errors.join(', ')}]`;
  throw forbidden({ ...targetOf(call), name: pod.metadata.name ?? '' }, why);
}

/** A LimitRange itself: the most is the default limit, a default limit the default request, else the least is. */
export function setLimitDefaults(limitRange: KubeObject): void {
  for (const item of listOf(fieldsOf(limitRange, 'spec'), 'limits')) {
    if (item.type !== 'Container') continue;
    const least = fieldsOf(item, 'min');
    item.default = { ...fieldsOf(item, 'max'), ...fieldsOf(item, 'default') };
    item.defaultRequest = { ...least, ...fieldsOf(item, 'default'), ...fieldsOf(item, 'defaultRequest') };
  }
}

function fillIn(pod: KubeObject, items: readonly Fields[]): void {
  const spec = fieldsOf(pod, 'spec');
  const notes = [
    ...listOf(spec, 'containers').flatMap((container) => filled(container, 'container', items)),
    ...listOf(spec, 'initContainers').flatMap((container) => filled(container, 'init container', items)),
  ];
  if (notes.length === 0) return;
  ensureFields(pod.metadata, 'annotations')[ANNOTATION] = `LimitRanger plugin set: ${notes.join('; ')}`;
}

function filled(container: Fields, what: string, items: readonly Fields[]): string[] {
  const resources = ensureFields(container, 'resources');
  const name = textOf(container, 'name');
  const set = (list: 'requests' | 'limits', given: 'defaultRequest' | 'default'): string[] => {
    const defaults: Fields = Object.assign({}, ...items.map((item) => fieldsOf(item, given)));
    const missing = Object.keys(defaults).filter((resource) => !Object.hasOwn(fieldsOf(resources, list), resource));
    for (const resource of missing) ensureFields(resources, list)[resource] = defaults[resource];
    return missing.length === 0 ? [] : [`${missing.sort().join(', ')} ${list.slice(0, -1)} for ${what} ${name}`];
  };
  return [...set('requests', 'defaultRequest'), ...set('limits', 'default')];
}

/** What is asked for, by resource: of one container, or of all of a pod's together. */
interface Asked {
  requests: Fields;
  limits: Fields;
}

function itemErrors(item: Fields, pod: KubeObject): string[] {
  const spec = fieldsOf(pod, 'spec');
  const each = listOf(spec, 'containers').map((container): Asked => {
    const resources = fieldsOf(container, 'resources');
    return { requests: fieldsOf(resources, 'requests'), limits: fieldsOf(resources, 'limits') };
  });
  if (item.type === 'Container') {
    const init = listOf(spec, 'initContainers').map((container) => fieldsOf(container, 'resources'));
    const all = [
      ...each,
      ...init.map((own) => ({ requests: fieldsOf(own, 'requests'), limits: fieldsOf(own, 'limits') })),
    ];
    return all.flatMap((asked) => bounds(item, asked));
  }
  if (item.type !== 'Pod') return [];
  return bounds(item, { requests: sum(each.map((one) => one.requests)), limits: sum(each.map((one) => one.limits)) });
}

/** What is stated by all of them, added up. */
function sum(lists: readonly Fields[]): Fields {
  const [first = {}] = lists;
  const stated = Object.keys(first).filter((resource) => lists.every((list) => Object.hasOwn(list, resource)));
  return Object.fromEntries(
    stated.map((resource) => [resource, lists.reduce((total, list) => total + amount(list[resource]), 0)]),
  );
}

const amount = (quantity: unknown): number => parseQuantity(quantity) ?? 0;

function bounds(item: Fields, { requests, limits }: Asked): string[] {
  const per = `per ${textOf(item, 'type')} is`;
  const least = Object.entries(fieldsOf(item, 'min')).flatMap(([resource, min]) => {
    const rule = `minimum ${resource} usage ${per} ${min}`;
    if (requests[resource] === undefined) return [`${rule}.  No request is specified`];
    if (amount(requests[resource]) < amount(min)) return [`${rule}, but request is ${requests[resource]}`];
    const limited = limits[resource] !== undefined && amount(limits[resource]) < amount(min);
    return limited ? [`${rule}, but limit is ${limits[resource]}`] : [];
  });
  const most = Object.entries(fieldsOf(item, 'max')).flatMap(([resource, max]) => {
    const rule = `maximum ${resource} usage ${per} ${max}`;
    if (limits[resource] === undefined) return [`${rule}.  No limit is specified`];
    if (amount(limits[resource]) > amount(max)) return [`${rule}, but limit is ${limits[resource]}`];
    const asked = requests[resource] !== undefined && amount(requests[resource]) > amount(max);
    return asked ? [`${rule}, but request is ${requests[resource]}`] : [];
  });
  return [...least, ...most, ...ratios(item, { requests, limits })];
}

function ratios(item: Fields, { requests, limits }: Asked): string[] {
  return Object.entries(fieldsOf(item, 'maxLimitRequestRatio')).flatMap(([resource, most]) => {
    const rule = `${resource} max limit to request ratio per ${textOf(item, 'type')} is ${most}`;
    const [request, limit] = [amount(requests[resource]), amount(limits[resource])];
    if (request === 0) return [`${rule}, but no request is specified or request is 0`];
    if (limit === 0) return [`${rule}, but no limit is specified or limit is 0`];
    return limit / request > amount(most) ? [`${rule}, but provided ratio is ${(limit / request).toFixed(6)}`] : [];
  });
}
