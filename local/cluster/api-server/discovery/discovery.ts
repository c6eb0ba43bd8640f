/** What is served, as clients find out: group by group (the older way), or all at once. */
import type { Resource } from '../resources/resource.ts';
import { apiVersionOf, VERBS } from '../resources/resource.ts';
import { REVIEWS, type Review } from './reviews.ts';

interface ResourceEntry {
  name: string;
  singularName: string;
  namespaced: boolean;
  group?: string;
  version?: string;
  kind: string;
  verbs: readonly string[];
  shortNames?: readonly string[];
  categories?: readonly string[];
}

/** `/api`. */
export const CORE_VERSIONS = {
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [],
};

/** Groups and their versions, in the order in which clients are to prefer them. */
export function groupVersions(resources: readonly Resource[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  const all = [...resources, ...REVIEWS];
  for (const { group, version } of all) {
    const versions = groups.get(group) ?? [];
    if (!versions.includes(version)) versions.push(version);
    groups.set(group, versions);
  }
  for (const versions of groups.values()) versions.sort(byPriority);
  return groups;
}

/** v2 before v1 before v1beta2 before v1alpha1. */
function byPriority(a: string, b: string): number {
  const rank = (version: string): number[] => {
    const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
    if (match === null) return [0, 0, 0];
    const stage = { alpha: 1, beta: 2 }[match[2] ?? ''] ?? 3;
    return [stage, Number(match[1]), Number(match[3] ?? 0)];
  };
  const [left, right] = [rank(a), rank(b)];
  const difference = left.map((value, index) => (right[index] ?? 0) - value).find((value) => value !== 0);
  return difference ?? a.localeCompare(b);
}

/** `/apis`. */
export function groupList(resources: readonly Resource[]): object {
  const groups = [...groupVersions(resources)].filter(([group]) => group !== '');
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.map(([group, versions]) => groupEntry(group, versions)),
  };
}

function groupEntry(name: string, names: readonly string[]): object {
  const versions = names.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] };
}

/** `/apis/<group>`; `undefined` for a group that is not served. */
export function groupDocument(resources: readonly Resource[], group: string): object | undefined {
  const versions = groupVersions(resources).get(group);
  if (versions === undefined) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(group, versions) };
}

/** `/apis/<group>/<version>` and `/api/v1`; `undefined` for a version that is not served. */
export function resourceList(resources: readonly Resource[], group: string, version: string): object | undefined {
  const served = resources.filter((resource) => resource.group === group && resource.version === version);
  const reviews = REVIEWS.filter((review) => review.group === group && review.version === version);
  if (served.length + reviews.length === 0) return undefined;
  const entries = [...served.flatMap(entriesOf), ...reviews.map(reviewEntry)];
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf({ group, version }),
    resources: entries,
  };
}

function reviewEntry({ plural, kind, namespaced }: Review): ResourceEntry {
  return { name: plural, singularName: kind.toLowerCase(), namespaced, kind, verbs: ['create'] };
}

function entriesOf(resource: Resource): ResourceEntry[] {
  const { plural, singular, namespaced, kind, shortNames, categories } = resource;
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs: verbsOf(resource),
      ...(shortNames.length > 0 ? { shortNames } : {}),
      ...(categories.length > 0 ? { categories } : {}),
    },
    ...resource.subresources.map((name) => subresourceEntry(resource, name)),
  ];
}

function subresourceEntry({ plural, namespaced, kind, group }: Resource, name: string): ResourceEntry {
  const { kind: own, verbs, ...groupVersion } = subresourceOf(name, kind);
  const path = `${plural}/${name}`;
  const foreign = groupVersion.group !== undefined && groupVersion.group !== group ? groupVersion : {};
  return { name: path, singularName: '', namespaced, ...foreign, kind: own, verbs };
}

interface Subresource {
  kind: string;
  verbs: readonly string[];
  group?: string;
  version?: string;
}

const CUSTOM_VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

/** What may be done with the objects. Namespaces go one by one. */
export function verbsOf({ schema, plural }: Resource): readonly string[] {
  if (!schema.builtin) return CUSTOM_VERBS;
  return plural === 'namespaces' ? VERBS.filter((verb) => verb !== 'deletecollection') : VERBS;
}

const READ_AND_WRITE = ['get', 'patch', 'update'];

/** What a subresource answers with and what may be done with it. */
export function subresourceOf(name: string, kind: string): Subresource {
  switch (name) {
    case 'scale':
      return { kind: 'Scale', verbs: READ_AND_WRITE, group: 'autoscaling', version: 'v1' };
    case 'log':
      return { kind, verbs: ['get'] };
    case 'proxy':
      return { kind: 'ServiceProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] };
    case 'eviction':
      return { kind: 'Eviction', verbs: ['create'], group: 'policy', version: 'v1' };
    case 'binding':
      return { kind: 'Binding', verbs: ['create'] };
    case 'token':
      return { kind: 'TokenRequest', verbs: ['create'], group: 'authentication.k8s.io', version: 'v1' };
    case 'finalize':
      return { kind, verbs: ['update'] };
    default:
      return { kind, verbs: READ_AND_WRITE };
  }
}
