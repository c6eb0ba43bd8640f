/** What a pod may learn about itself. Pure. */
import type { Pod } from '#platform/kube/resources.ts';
import { inUnitsOf, parseQuantity } from './quantity.ts';

type Container = NonNullable<Pod['spec']>['containers'][number];

export interface PodFacts {
  pod: Pod;
  podIP: string;
  nodeName: string;
  hostIP: string;
  /** What stands in for a limit that is not set: all there is. */
  node: { cpu: number; memory: number };
}

/** Value of `fieldRef.fieldPath`; undefined for a path that no pod has. */
export function fieldValue(path: string, { pod, podIP, nodeName, hostIP }: PodFacts): string | undefined {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed !== null) return metadata?.[keyed[1] as 'labels' | 'annotations']?.[keyed[2] as string] ?? '';
  const plain: { [path: string]: string | undefined } = {
    'metadata.name': metadata?.name,
    'metadata.namespace': metadata?.namespace,
    'metadata.uid': metadata?.uid,
    'metadata.labels': quoted(metadata?.labels),
    'metadata.annotations': quoted(metadata?.annotations),
    'spec.nodeName': nodeName,
    'spec.serviceAccountName': spec?.serviceAccountName ?? 'default',
    'status.podIP': podIP,
    'status.podIPs': podIP,
    'status.hostIP': hostIP,
    'status.hostIPs': hostIP,
  };
  return plain[path];
}

/** Value of `resourceFieldRef`; undefined for a resource that cannot be asked for. */
export function resourceValue(
  ref: { resource: string; containerName?: string; divisor?: string },
  container: Container,
  facts: PodFacts,
): string | undefined {
  const of = facts.pod.spec?.containers.find((candidate) => candidate.name === ref.containerName) ?? container;
  const [kind = '', name = ''] = ref.resource.split(/\.(.*)/s);
  if ((kind !== 'limits' && kind !== 'requests') || name === '') return undefined;
  const given = of.resources?.[kind]?.[name];
  if (given !== undefined) return inUnitsOf(parseQuantity(given), ref.divisor);
  if (kind === 'requests') return inUnitsOf(parseQuantity(of.resources?.limits?.[name] ?? 0), ref.divisor);
  const whole = name === 'cpu' ? facts.node.cpu : name === 'memory' ? facts.node.memory : 0;
  return inUnitsOf(whole, ref.divisor);
}

/** A line each, `key="value"`, sorted: the form that downward API volumes have. */
function quoted(map: { [key: string]: string } | undefined): string {
  const lines = Object.entries(map ?? {}).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return lines.toSorted().join('\n');
}
