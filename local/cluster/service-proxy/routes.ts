/** Where a node listens for Services, and who is behind it. Pure. */
import type { EndpointSlice, Service } from '#platform/kube/resources.ts';
import { LOW_PORTS } from '../machine/low-ports.ts';

/** One socket that listens. */
export interface Route {
  host: string;
  port: number;
  /** `<namespace>/<name>` of the Service, and the name of its port. */
  service: string;
  portName: string;
  /** What the Service would be without: its own address, a node's port, or what a load balancer would give. */
  kind: 'cluster' | 'node' | 'balancer';
}

export interface Backend {
  host: string;
  port: number;
}

/** The node's own address. A load balancer's, too: it is the only one there is. */
export const NODE_ADDRESS = '127.0.0.1';

/**
 * Only TCP, and only addresses of this machine.
 * @param lowPortOffset where ports below 1024 may not be listened on: how far above them pods find them as well; 0: they may
 */
export function routesOf(service: Service, lowPortOffset = 0): Route[] {
  const { spec, metadata } = service;
  const { type = 'ClusterIP', clusterIP = '', ports = [] } = spec ?? {};
  if (type === 'ExternalName' || metadata?.deletionTimestamp !== undefined) return [];
  const key = `${metadata?.namespace}/${metadata?.name}`;
  return ports.flatMap((port): Route[] => {
    if ((port.protocol ?? 'TCP') !== 'TCP') return [];
    const of = { service: key, portName: port.name ?? '' };
    const listened = [port.port, ...(lowPortOffset > 0 && port.port < LOW_PORTS ? [port.port + lowPortOffset] : [])];
    const own = clusterIP.startsWith('127.')
      ? listened.map((each) => ({ host: clusterIP, port: each, kind: 'cluster', ...of }) as const)
      : [];
    const node = port.nodePort ? [{ host: NODE_ADDRESS, port: port.nodePort, kind: 'node', ...of } as const] : [];
    const balanced =
      type === 'LoadBalancer' ? [{ host: NODE_ADDRESS, port: port.port, kind: 'balancer', ...of } as const] : [];
    return [...own, ...node, ...balanced];
  });
}

/** The ready ones; where there are none, those that still serve while they are on their way out, as kube-proxy has it. */
export function backendsOf(slices: readonly EndpointSlice[], portName: string): Backend[] {
  const all = slices.flatMap((slice) => {
    const port = slice.ports?.find((candidate) => (candidate.name ?? '') === portName)?.port;
    if (port === undefined) return [];
    return (slice.endpoints ?? []).map(({ addresses, conditions = {} }) => ({ addresses, conditions, port }));
  });
  const ready = all.filter(({ conditions }) => conditions.ready !== false);
  const chosen =
    ready.length > 0 ? ready : all.filter(({ conditions }) => conditions.serving && conditions.terminating);
  return chosen.flatMap(({ addresses, port }) => addresses.map((host) => ({ host, port })));
}
