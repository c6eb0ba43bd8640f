/** Services with a selector get EndpointSlices. */
import { isDeepStrictEqual } from 'node:util';
import { WorkQueue } from '#platform/controller/work-queue.ts';
import { isConflict, isNotFound } from '#platform/kube/error.ts';
import { ENDPOINT_SLICES, type EndpointSlice, type Pod, type Service } from '#platform/kube/resources.ts';
import { selectorMatches } from '../objects/label-selector.ts';
import type { Realism } from '../realism/realism.ts';
import type { Cluster } from './cluster.ts';
import { keyOf, splitKey } from './kinds.ts';
import { desiredSlices, MANAGED_BY, MANAGED_BY_LABEL, SERVICE_LABEL, sliceLabels } from './service-endpoints.ts';

/** A pod that starts changes several times in a row. */
const SETTLE_MS = 50;

export function startEndpointController(cluster: Cluster, realism?: Realism): WorkQueue {
  const queue = new WorkQueue({
    name: 'endpointslices',
    run: (key, signal) => reconcileEndpoints(key, cluster, signal),
    log: cluster.log,
    backoffBaseMs: 20,
  });
  cluster.services.onChange((change) => queue.add(keyOf(change.object)));
  cluster.pods.onChange((change) => {
    for (const service of cluster.services.list()) {
      if (selects(service, change.object))
        queue.addAfter(keyOf(service), SETTLE_MS + (realism?.lateMs('endpointSlices') ?? 0));
    }
  });
  cluster.endpointSlices.onChange((change) => {
    const service = change.object.metadata?.labels?.[SERVICE_LABEL];
    if (service !== undefined) queue.add(`${change.object.metadata?.namespace}/${service}`);
  });
  return queue;
}

function selects(service: Service, pod: Pod): boolean {
  const selector = service.spec?.selector;
  if (selector === undefined || Object.keys(selector).length === 0 || service.spec?.type === 'ExternalName')
    return false;
  if (service.metadata?.namespace !== pod.metadata?.namespace) return false;
  return selectorMatches({ matchLabels: selector }, pod.metadata?.labels);
}

async function reconcileEndpoints(key: string, cluster: Cluster, signal: AbortSignal): Promise<undefined> {
  const { namespace, name } = splitKey(key);
  const service = cluster.services.get(namespace, name);
  // A Service that is gone takes its slices along by ownership.
  if (service === undefined || service.metadata?.deletionTimestamp !== undefined) return;
  if (Object.keys(service.spec?.selector ?? {}).length === 0 || service.spec?.type === 'ExternalName') return;
  const wanted = desiredSlices(
    service,
    cluster.pods.list().filter((pod) => selects(service, pod)),
  );
  const existing = cluster.endpointSlices
    .list()
    .filter(({ metadata }) => metadata?.namespace === namespace && metadata.labels?.[SERVICE_LABEL] === name)
    .filter(({ metadata }) => metadata?.labels?.[MANAGED_BY_LABEL] === MANAGED_BY)
    .toSorted((a, b) => (a.metadata?.name ?? '').localeCompare(b.metadata?.name ?? ''));
  for (const [index, content] of wanted.entries()) await write(service, existing[index], content, cluster, signal);
  for (const surplus of existing.slice(wanted.length)) await remove(surplus, cluster, signal);
}

async function write(
  service: Service,
  existing: EndpointSlice | undefined,
  content: Pick<EndpointSlice, 'endpoints' | 'ports'>,
  { kube }: Cluster,
  signal: AbortSignal,
): Promise<void> {
  const { name = '', namespace = '', uid = '' } = service.metadata ?? {};
  const labels = sliceLabels(service);
  if (existing !== undefined) {
    const { endpoints = [], ports = [], metadata } = existing;
    const now = { endpoints, ports, labels: metadata?.labels };
    if (isDeepStrictEqual(now, { endpoints: content.endpoints, ports: content.ports, labels })) return;
    const next = { ...existing, ...content, metadata: { ...metadata, labels } };
    await kube.replace(ENDPOINT_SLICES, next as EndpointSlice, { signal }).catch(unlessStale);
    return;
  }
  const slice = {
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    addressType: 'IPv4',
    ...content,
  };
  await kube.create(ENDPOINT_SLICES, slice as EndpointSlice, { signal });
}

async function remove(slice: EndpointSlice, { kube }: Cluster, signal: AbortSignal): Promise<void> {
  const { namespace, name = '' } = slice.metadata ?? {};
  await kube.delete(ENDPOINT_SLICES, { namespace, name }, { signal }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}

/** Written by an earlier run that the watch has not shown yet: when it does, the Service is looked at again. */
function unlessStale(error: unknown): void {
  if (!isConflict(error)) throw error;
}
