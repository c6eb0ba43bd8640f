/** EndpointSlices of a Service from its pods. Pure. */
import type { EndpointSlice, Pod, Service } from '#platform/kube/resources.ts';
import { isReady } from './pod-state.ts';

type Endpoint = NonNullable<EndpointSlice['endpoints']>[number];
type Port = NonNullable<EndpointSlice['ports']>[number];

export const SERVICE_LABEL = 'kubernetes.io/service-name';
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
const HEADLESS_LABEL = 'service.kubernetes.io/headless';
export const MANAGED_BY = 'endpointslice-controller.k8s.io';
/** Endpoints in one slice. */
const MAX_ENDPOINTS = 100;

/** What the Service's slices should hold: pods whose named ports have different numbers are in different slices. */
export function desiredSlices(service: Service, pods: readonly Pod[]): Pick<EndpointSlice, 'endpoints' | 'ports'>[] {
  const groups = new Map<string, { ports: Port[]; endpoints: Endpoint[] }>();
  for (const pod of pods) {
    if (!isServed(pod)) continue;
    const ports = portsOf(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    groups.set(key, group);
    group.endpoints.push(endpoint(service, pod));
  }
  if (groups.size === 0) groups.set('', { ports: [], endpoints: [] });
  return [...groups.values()].flatMap(({ ports, endpoints }) => {
    const sorted = endpoints.toSorted((a, b) => (a.targetRef?.name ?? '').localeCompare(b.targetRef?.name ?? ''));
    const pages = Math.max(1, Math.ceil(sorted.length / MAX_ENDPOINTS));
    return Array.from({ length: pages }, (_, page) => ({
      ports,
      endpoints: sorted.slice(page * MAX_ENDPOINTS, (page + 1) * MAX_ENDPOINTS),
    }));
  });
}

function isServed(pod: Pod): boolean {
  const { phase, podIP } = pod.status ?? {};
  return podIP !== undefined && podIP !== '' && phase !== 'Succeeded' && phase !== 'Failed';
}

function endpoint(service: Service, pod: Pod): Endpoint {
  const terminating = pod.metadata?.deletionTimestamp !== undefined;
  const serving = isReady(pod);
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const { name = '', namespace = '', uid = '' } = pod.metadata ?? {};
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: { ready, serving, terminating },
    ...(pod.spec?.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    ...(hasHostname(service, pod) ? { hostname: pod.spec?.hostname ?? '' } : {}),
    targetRef: { kind: 'Pod', name, namespace, uid },
  };
}

/** A name of its own below the Service's. */
function hasHostname(service: Service, { spec, metadata }: Pod): boolean {
  const { hostname = '', subdomain } = spec ?? {};
  return hostname !== '' && subdomain === service.metadata?.name && metadata?.namespace === service.metadata?.namespace;
}

/** Those of the Service, and what the controller itself says. */
export function sliceLabels({ metadata, spec }: Service): { [key: string]: string } {
  const { clusterIP = '' } = spec ?? {};
  return {
    ...metadata?.labels,
    ...(clusterIP === '' || clusterIP === 'None' ? { [HEADLESS_LABEL]: '' } : {}),
    [SERVICE_LABEL]: metadata?.name ?? '',
    [MANAGED_BY_LABEL]: MANAGED_BY,
  };
}

function portsOf(service: Service, pod: Pod): Port[] {
  return (service.spec?.ports ?? []).flatMap((port): Port[] => {
    const protocol = port.protocol ?? 'TCP';
    const number = portNumber(port.targetPort ?? port.port, protocol, pod);
    if (number === undefined) return [];
    const appProtocol = port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol };
    return [{ name: port.name ?? '', port: number, protocol, ...appProtocol }];
  });
}

function portNumber(target: number | string, protocol: string, pod: Pod): number | undefined {
  if (typeof target === 'number') return target;
  const ports = (pod.spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  return ports.find((port) => port.name === target && (port.protocol ?? 'TCP') === protocol)?.containerPort;
}
