/** Services of type LoadBalancer get the address of the one node there is, as a cloud would give one. */
import { isDeepStrictEqual } from 'node:util';
import { WorkQueue } from '#platform/controller/work-queue.ts';
import { isNotFound } from '#platform/kube/error.ts';
import { SERVICES, type Service } from '#platform/kube/resources.ts';
import type { Cluster } from './cluster.ts';
import { keyOf, splitKey } from './kinds.ts';

const ADDRESS = '127.0.0.1';

export function startLoadBalancerController(cluster: Cluster): WorkQueue {
  const queue = new WorkQueue({
    name: 'load-balancers',
    run: (key, signal) => reconcile(key, cluster, signal),
    log: cluster.log,
    backoffBaseMs: 20,
  });
  cluster.services.onChange(({ type, object }) => {
    if (type !== 'deleted' && wanted(object) !== undefined) queue.add(keyOf(object));
  });
  return queue;
}

/** What its status should say; undefined: what it says already. */
function wanted({ spec, status }: Service): { ip: string; ipMode: string }[] | undefined {
  const ingress = spec?.type === 'LoadBalancer' ? [{ ip: ADDRESS, ipMode: 'VIP' }] : [];
  return isDeepStrictEqual(ingress, status?.loadBalancer?.ingress ?? []) ? undefined : ingress;
}

async function reconcile(key: string, { services, kube }: Cluster, signal: AbortSignal): Promise<undefined> {
  const ref = splitKey(key);
  const ingress = wanted(services.get(ref.namespace, ref.name) ?? {});
  if (ingress === undefined) return;
  const body = { status: { loadBalancer: { ingress: ingress.length === 0 ? null : ingress } } };
  await kube
    .patch(SERVICES, ref, { type: 'merge', body }, { subresource: 'status', signal })
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
}
