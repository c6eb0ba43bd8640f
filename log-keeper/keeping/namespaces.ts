import { Informer } from '#platform/informer/informer.ts';
import { leanMetadata } from '#platform/informer/lean-metadata.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { type KubeObject, NAMESPACES } from '#platform/kube/resources.ts';
import type { Log } from '#platform/process/log.ts';
import type { InformerMetrics } from '#platform/process/metrics.ts';
import type { LogStore } from '../store/log-store.ts';

/** Drops the logs of namespaces that are gone: one of the same name that is made later may be another tenant's. */
export function forgetGoneNamespaces(
  kube: KubeClient,
  store: LogStore,
  { log, metrics }: { log: Log; metrics: InformerMetrics },
): AsyncDisposable {
  const namespaces = new Informer<KubeObject>({
    kube,
    resource: NAMESPACES,
    metadataOnly: true,
    keep: ({ metadata = {} }) => ({
      metadata: { ...leanMetadata(metadata), creationTimestamp: metadata.creationTimestamp ?? '' },
    }),
    log,
    metrics,
  });
  namespaces.onChange(({ type, object }) => {
    const { name = '', creationTimestamp = '' } = object.metadata ?? {};
    if (type === 'deleted') store.forget(name);
    else if (type === 'added') store.begin(name, Date.parse(creationTimestamp));
  });
  void namespaces.synced.then(() => {
    for (const name of store.namespaces) if (!namespaces.has(undefined, name)) store.forget(name);
  });
  return namespaces;
}
