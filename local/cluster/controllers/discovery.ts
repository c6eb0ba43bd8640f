/** Which kinds the API server serves. */
import type { KubeClient } from '#platform/kube/client.ts';
import type { KubeObject, Resource } from '#platform/kube/resources.ts';

interface ApiResource {
  name: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
}

/** All kinds whose objects can be listed, watched and deleted, one version of each. */
export async function discoverKinds(kube: KubeClient, signal: AbortSignal): Promise<Resource<KubeObject>[]> {
  const groups = (await kube.raw('/apis', { signal })) as {
    groups: { name: string; preferredVersion?: { version: string }; versions: { version: string }[] }[];
  };
  const versions = groups.groups.map(({ name, preferredVersion, versions: [first] }) => ({
    group: name,
    version: preferredVersion?.version ?? first?.version ?? '',
  }));
  const lists = [{ group: '', version: 'v1' }, ...versions].map(async ({ group, version }) => {
    const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    const list = (await kube.raw(path, { signal })) as { resources: ApiResource[] };
    return list.resources
      .filter(isKept)
      .map(({ name, kind, namespaced }) => ({ group, version, plural: name, kind, namespaced }));
  });
  return (await Promise.all(lists)).flat();
}

function isKept({ name, verbs }: ApiResource): boolean {
  return !name.includes('/') && ['list', 'watch', 'delete'].every((verb) => verbs.includes(verb));
}
