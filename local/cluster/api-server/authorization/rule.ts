/** One rule of a role. */
import type { Attributes } from './attributes.ts';

export interface PolicyRule {
  readonly verbs?: readonly string[];
  readonly apiGroups?: readonly string[];
  /** `deployments`, `deployments/scale`, `*` for all with their subresources, or `*` before a slash and one subresource. */
  readonly resources?: readonly string[];
  /** Absent or empty: all. */
  readonly resourceNames?: readonly string[];
  /** `/healthz`, `/api/*`. */
  readonly nonResourceURLs?: readonly string[];
}

export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!includes(rule.verbs, attributes.verb)) return false;
  if (attributes.path !== undefined) {
    const { path } = attributes;
    return (rule.nonResourceURLs ?? []).some((url) => urlMatches(url, path));
  }
  const { group, resource, subresource, name } = attributes;
  const names = rule.resourceNames ?? [];
  return (
    includes(rule.apiGroups, group) &&
    (rule.resources ?? []).some((wanted) => resourceMatches(wanted, resource, subresource)) &&
    (names.length === 0 || names.includes(name))
  );
}

function includes(list: readonly string[] = [], value: string): boolean {
  return list.includes('*') || list.includes(value);
}

function resourceMatches(wanted: string, resource: string, subresource: string): boolean {
  if (wanted === '*') return true;
  if (subresource === '') return wanted === resource;
  return wanted === `${resource}/${subresource}` || wanted === `*/${subresource}`;
}

function urlMatches(url: string, path: string): boolean {
  if (url === '*' || url === path) return true;
  return url.endsWith('*') && path.startsWith(url.replace(/\*+$/, ''));
}
