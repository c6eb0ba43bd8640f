/** Discovery of everything in one answer: apidiscovery.k8s.io/v2. */
import type { Resource } from '../resources/resource.ts';
import { groupVersions, subresourceOf, verbsOf } from './discovery.ts';
import { REVIEWS, type Review } from './reviews.ts';

/** @param core true for `/api`, false for `/apis` */
export function aggregatedDiscovery(resources: readonly Resource[], core: boolean): object {
  const groups = [...groupVersions(resources)].filter(([group]) => (group === '') === core);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map(([group, versions]) => ({
      metadata: group === '' ? {} : { name: group },
      versions: versions.map((version) => ({
        version,
        resources: [
          ...resources.filter((served) => served.group === group && served.version === version).map(entryOf),
          ...REVIEWS.filter((review) => review.group === group && review.version === version).map(reviewEntry),
        ],
        freshness: 'Current',
      })),
    })),
  };
}

function entryOf(resource: Resource): object {
  const { group, version, kind, plural, singular, namespaced, shortNames, categories, subresources } = resource;
  return {
    resource: plural,
    // Empty: the group's own.
    responseKind: resource.schema.builtin ? { group: '', version: '', kind } : { group, version, kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: verbsOf(resource),
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(subresources.length > 0 ? { subresources: subresources.map((name) => subresourceEntry(resource, name)) } : {}),
  };
}

function subresourceEntry({ group, version, kind, schema }: Resource, name: string): object {
  const { verbs, ...own } = subresourceOf(name, kind);
  const home = schema.builtin ? { group: '', version: '' } : { group, version };
  return {
    subresource: name,
    responseKind: { group: own.group ?? home.group, version: own.version ?? home.version, kind: own.kind },
    verbs,
  };
}

function reviewEntry({ group, version, kind, plural, namespaced }: Review): object {
  return {
    resource: plural,
    responseKind: { group, version, kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.toLowerCase(),
    verbs: ['create'],
  };
}
