/** Services of Catnap's processes where these are no pods: where each is, as a cluster would know it. */
import { DELIVERY_PORT_NAME } from '#api/invocations.ts';
import { INVOCATIONS_PORT_NAME, INVOCATIONS_SERVICE } from '#api/invocations-for-people.ts';
import { LOGS_PORT_NAME, LOGS_SERVICE } from '#api/kept-log.ts';
import { ACTIVATOR_SERVICE, GATEWAY_SERVICE, OPS_PORT_NAME, SYSTEM_NAMESPACE } from '#api/names.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { ENDPOINT_SLICES, type EndpointSlice, NAMESPACES, SERVICES, type Service } from '#platform/kube/resources.ts';
import type { PlanePorts } from './plane-env.ts';

interface PublishedPort {
  name: string;
  port: number;
  targetPort: number;
}

/** The Services of gateway, activators, log keeper and dispatcher. */
export async function publishServices(kube: KubeClient, ports: PlanePorts, signal: AbortSignal): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM_NAMESPACE } };
  const options = { fieldManager: 'catnap-run', signal };
  await kube.apply(NAMESPACES, namespace, options);
  const services = [
    publishedService(GATEWAY_SERVICE, [{ name: 'http', port: 80, targetPort: ports.gateway }]),
    publishedService(ACTIVATOR_SERVICE, [
      { name: OPS_PORT_NAME, port: ports.activatorOps, targetPort: ports.activatorOps },
      { name: DELIVERY_PORT_NAME, port: ports.deliveries, targetPort: ports.deliveries },
    ]),
    publishedService(LOGS_SERVICE, [{ name: LOGS_PORT_NAME, port: 80, targetPort: ports.logs }]),
    publishedService(INVOCATIONS_SERVICE, [{ name: INVOCATIONS_PORT_NAME, port: 80, targetPort: ports.invocations }]),
  ];
  for (const { service, slice } of services) {
    await kube.apply(SERVICES, service, options);
    await kube.apply(ENDPOINT_SLICES, slice, options);
  }
}

/** A Service that leads to this machine. */
function publishedService(name: string, ports: PublishedPort[]) {
  const metadata = { name, namespace: SYSTEM_NAMESPACE };
  const service: Service = { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports } };
  const slice: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: ports.map((port) => ({ name: port.name, port: port.targetPort, protocol: 'TCP' })),
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true, serving: true, terminating: false } }],
  };
  return { service, slice };
}
