/** Which changes a policy, or a binding of it, is about. */
import { type LabelSelector, type Labels, selectorMatches } from '../../../objects/label-selector.ts';
import { type Fields, fieldsOf, listOf, textOf } from '../../resources/fields.ts';
import type { Attempt, GroupVersionResource } from './attempt.ts';

export interface Surroundings {
  /** Of the namespace of the change; absent when it is in none. */
  namespaceLabels: Labels;
  /** The same objects under other names: another version of the resource, or another group. */
  equivalents: readonly GroupVersionResource[];
}

/**
 * The resource as which `match` (a policy's `matchConstraints`, a binding's `matchResources`) is about the change:
 * its own, or an equivalent one that a rule names. `undefined`: it is not about it.
 */
export function matchedResource(
  match: Fields | undefined,
  attempt: Attempt,
  surroundings: Surroundings,
): GroupVersionResource | undefined {
  if (match === undefined) return attempt.resource;
  if (!namespaceMatches(match, attempt, surroundings) || !objectMatches(match, attempt)) return undefined;
  const among = [attempt.resource, ...(match.matchPolicy === 'Exact' ? [] : surroundings.equivalents)];
  if (firstMatch(listOf(match, 'excludeResourceRules'), attempt, among) !== undefined) return undefined;
  const rules = listOf(match, 'resourceRules');
  return rules.length === 0 ? attempt.resource : firstMatch(rules, attempt, among);
}

function firstMatch(
  rules: readonly Fields[],
  attempt: Attempt,
  among: readonly GroupVersionResource[],
): GroupVersionResource | undefined {
  return among.find((resource) => rules.some((rule) => ruleMatches(rule, attempt, resource)));
}

function ruleMatches(rule: Fields, attempt: Attempt, resource: GroupVersionResource): boolean {
  const names = strings(rule.resourceNames);
  return (
    scopeMatches(textOf(rule, 'scope'), attempt) &&
    includes(rule.operations, attempt.operation) &&
    includes(rule.apiGroups, resource.group) &&
    includes(rule.apiVersions, resource.version) &&
    strings(rule.resources).some((wanted) => resourceMatches(wanted, resource.resource, attempt.subresource)) &&
    (names.length === 0 || names.includes(attempt.name))
  );
}

function scopeMatches(scope: string, { resource, namespace }: Attempt): boolean {
  if (scope === '' || scope === '*') return true;
  const namespaced = namespace !== '' && !isNamespace(resource);
  return namespaced === (scope === 'Namespaced');
}

/** Unlike in RBAC `*` is about no subresource; `*` and a slash and another `*` is about all. */
function resourceMatches(wanted: string, resource: string, subresource: string): boolean {
  const [name = '', below = ''] = wanted.split('/');
  return (name === '*' || name === resource) && (below === '*' || below === subresource);
}

function namespaceMatches(match: Fields, attempt: Attempt, { namespaceLabels }: Surroundings): boolean {
  if (attempt.namespace === '' && !isNamespace(attempt.resource)) return true;
  const selector = fieldsOf(match, 'namespaceSelector') as LabelSelector;
  const ownLabels = isNamespace(attempt.resource) && attempt.subresource === '' ? attempt.object : undefined;
  return selectorMatches(selector, ownLabels === undefined ? namespaceLabels : (ownLabels.metadata.labels as Labels));
}

function objectMatches(match: Fields, { object, oldObject }: Attempt): boolean {
  const selector = fieldsOf(match, 'objectSelector') as LabelSelector;
  if (Object.keys(selector).length === 0) return true;
  return [object, oldObject].some(
    (either) => either !== undefined && selectorMatches(selector, either.metadata.labels as Labels),
  );
}

export function isNamespace({ group, resource }: GroupVersionResource): boolean {
  return group === '' && resource === 'namespaces';
}

function includes(list: unknown, value: string): boolean {
  const all = strings(list);
  return all.includes('*') || all.includes(value);
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
