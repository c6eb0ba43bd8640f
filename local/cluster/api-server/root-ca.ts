/** In each namespace the ConfigMap from which pods know the API server: whose certificate to trust. */
import { randomUUID } from 'node:crypto';
import type { Cluster } from './cluster.ts';
import { fieldsOf, semanticallyEqual } from './resources/fields.ts';
import { EVERY_BUCKET } from './store/store.ts';
import { timeOf } from './write/metadata.ts';

const NAME = 'kube-root-ca.crt';
const BUCKET = 'configmaps';
const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

type Keeper = Pick<Cluster, 'store' | 'now'>;

/**
 * Makes it in all namespaces that stay, and again where it is deleted or changed, from now on.
 * @param ca PEM
 */
export function publishRootCa(cluster: Keeper, ca: string): () => void {
  const { store } = cluster;
  for (const { object } of store.list('namespaces', '')) publish(cluster, object.metadata.name ?? '', ca);
  return store.listen(EVERY_BUCKET, ({ type, key }) => {
    const namespace = key.bucket === 'namespaces' && type === 'ADDED' ? key.name : undefined;
    const changed = key.bucket === BUCKET && key.name === NAME && type !== 'ADDED' ? key.namespace : undefined;
    const where = namespace ?? changed;
    if (where !== undefined) queueMicrotask(() => publish(cluster, where, ca));
  });
}

function publish({ store, now }: Keeper, namespace: string, ca: string): void {
  const home = store.get({ bucket: 'namespaces', namespace: '', name: namespace })?.object;
  if (home === undefined || home.metadata.deletionTimestamp !== undefined) return;
  const key = { bucket: BUCKET, namespace, name: NAME };
  const data = { 'ca.crt': ca };
  const present = store.get(key)?.object;
  if (present !== undefined) {
    if (!semanticallyEqual(fieldsOf(present, 'data'), data)) store.put(key, { ...present, data });
    return;
  }
  const annotations = { 'kubernetes.io/description': DESCRIPTION };
  const metadata = { name: NAME, namespace, uid: randomUUID(), creationTimestamp: timeOf(now()), annotations };
  store.put(key, { kind: 'ConfigMap', apiVersion: 'v1', metadata, data });
}
