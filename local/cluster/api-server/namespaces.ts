/** Namespaces: those a cluster begins with, what each begins with, and how one is emptied before it goes. */
import { randomUUID } from 'node:crypto';
import type { KubeObject } from '../objects/kind-schema.ts';
import type { Cluster } from './cluster.ts';
import { fieldsOf } from './resources/fields.ts';
import type { Resource } from './resources/resource.ts';
import { finalizersOf } from './resources/validation.ts';
import type { Change } from './store/entry.ts';
import { EVERY_BUCKET } from './store/store.ts';
import { deleteEntry } from './write/delete.ts';
import { timeOf } from './write/metadata.ts';

const FIRST = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const BUCKET = 'namespaces';

/** Makes the first namespaces where they are missing, and looks after all from now on. */
export function keepNamespaces(cluster: Cluster): () => void {
  const stop = cluster.store.listen(EVERY_BUCKET, (change) => onChange(cluster, change));
  for (const name of FIRST) {
    if (cluster.store.get({ bucket: BUCKET, namespace: '', name }) === undefined) create(cluster, name);
  }
  for (const { object } of cluster.store.list(BUCKET, '')) empty(cluster, object.metadata.name ?? '');
  return stop;
}

function create({ store, now }: Cluster, name: string): void {
  store.put(
    { bucket: BUCKET, namespace: '', name },
    {
      kind: 'Namespace',
      apiVersion: 'v1',
      metadata: {
        name,
        uid: randomUUID(),
        creationTimestamp: timeOf(now()),
        labels: { 'kubernetes.io/metadata.name': name },
      },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    },
  );
}

function onChange(cluster: Cluster, { type, key }: Change): void {
  if (key.bucket === BUCKET) {
    if (type === 'ADDED') addServiceAccount(cluster, key.name);
    if (type === 'MODIFIED') queueMicrotask(() => empty(cluster, key.name));
    return;
  }
  if (type === 'DELETED' && key.namespace !== '') queueMicrotask(() => empty(cluster, key.namespace));
}

/** Pods that name no account run as this one. */
function addServiceAccount({ store, now }: Cluster, namespace: string): void {
  const key = { bucket: 'serviceaccounts', namespace, name: 'default' };
  if (store.get(key) !== undefined) return;
  const metadata = { name: 'default', namespace, uid: randomUUID(), creationTimestamp: timeOf(now()) };
  store.put(key, { kind: 'ServiceAccount', apiVersion: 'v1', metadata });
}

const BACKGROUND = {
  dryRun: false,
  gracePeriodSeconds: undefined,
  propagationPolicy: 'Background',
  preconditions: {},
} as const;

/** If the namespace is terminating: deletes what is in it and, once nothing is left, the namespace. */
function empty(cluster: Cluster, name: string): void {
  const namespace = cluster.store.get({ bucket: BUCKET, namespace: '', name })?.object;
  if (namespace === undefined || namespace.metadata.deletionTimestamp === undefined) return;
  const resources = cluster.registry.all().filter((resource) => resource.namespaced);
  for (const resource of resources) deleteAll(cluster, resource, name);
  const left = resources.some((resource) => cluster.store.list(resource.bucket, name).length > 0);
  if (!left) finish(cluster, name);
}

function deleteAll(cluster: Cluster, resource: Resource, namespace: string): void {
  const { group, version, plural } = resource;
  for (const entry of cluster.store.list(resource.bucket, namespace)) {
    if (entry.object.metadata.deletionTimestamp !== undefined) continue;
    const { name = '' } = entry.object.metadata;
    const request = { group, version, plural, namespace, name, subresource: '', rest: '' };
    deleteEntry({ cluster, resource, request }, entry, BACKGROUND);
  }
}

function finish({ store }: Cluster, name: string): void {
  const key = { bucket: BUCKET, namespace: '', name };
  const namespace = store.get(key)?.object;
  if (namespace === undefined) return;
  const spec = fieldsOf(namespace, 'spec');
  const others = ((spec.finalizers ?? []) as string[]).filter((finalizer) => finalizer !== 'kubernetes');
  if (others.length === 0 && finalizersOf(namespace).length === 0) return void store.delete(key);
  if (((spec.finalizers ?? []) as string[]).length === others.length) return;
  const next: KubeObject = { ...namespace, spec: { ...spec, finalizers: others } };
  store.put(key, next);
}
