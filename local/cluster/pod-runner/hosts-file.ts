/** `/etc/hosts` of a pod: there is no DNS on a laptop, so Services are found in it by their names. Pure. */
import type { Service } from '#platform/kube/resources.ts';

const CLUSTER_DOMAIN = 'cluster.local';

/**
 * The machine's own lines, then a line for each Service that has an address, and for each ExternalName that stands for
 * such a Service. Headless Services have none.
 * @param namespace of the pod: the Services in it go by their bare name, too
 */
export function hostsText(machine: string, services: readonly Service[], namespace: string): string {
  const addresses = new Map(services.flatMap((service) => namesOf(service).map((name) => [name, ownAddress(service)])));
  const lines = services.flatMap((service) => {
    const { spec, metadata } = service;
    const address = spec?.type === 'ExternalName' ? addresses.get(spec.externalName ?? '') : ownAddress(service);
    if (address === undefined) return [];
    const bare = metadata?.namespace === namespace ? [metadata.name ?? ''] : [];
    return [`${address}\t${[...namesOf(service), ...bare].join(' ')}\n`];
  });
  return [machine.endsWith('\n') || machine === '' ? machine : `${machine}\n`, ...lines.toSorted()].join('');
}

function namesOf({ metadata }: Service): string[] {
  const name = `${metadata?.name}.${metadata?.namespace}`;
  return [`${name}.svc.${CLUSTER_DOMAIN}`, `${name}.svc`, name];
}

function ownAddress({ spec }: Service): string | undefined {
  const { type, clusterIP = '' } = spec ?? {};
  return type === 'ExternalName' || clusterIP === '' || clusterIP === 'None' ? undefined : clusterIP;
}
