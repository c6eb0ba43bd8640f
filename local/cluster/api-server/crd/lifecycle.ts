/** Serves what CustomResourceDefinitions define, for as long as they are there. */
import { defaultCustomObject } from '../../objects/crd/custom-object.ts';
import type { KubeObject } from '../../objects/kind-schema.ts';
import { dropUnknownFields } from '../../objects/schema/strict.ts';
import type { Cluster } from '../cluster.ts';
import { semanticallyEqual } from '../resources/fields.ts';
import type { Resource } from '../resources/resource.ts';
import { finalizersOf } from '../resources/validation.ts';
import type { Change } from '../store/entry.ts';
import { deleteEntry } from '../write/delete.ts';
import { timeOf } from '../write/metadata.ts';
import { definitionStatus, isEstablished, isTerminating } from './conditions.ts';
import { customResources } from './resources.ts';
import { CLEANUP_FINALIZER } from './strategy.ts';

export const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';

/** Follows the definitions from now on; those that are stored already are served when it returns. */
export function followDefinitions(cluster: Cluster): () => void {
  for (const { object } of cluster.store.list(DEFINITIONS, '')) serve(cluster, object);
  const stopDefinitions = cluster.store.listen(DEFINITIONS, (change) => onDefinition(cluster, change));
  const stopInstances = cluster.store.listen('', (change) => onInstance(cluster, change));
  return () => {
    stopDefinitions();
    stopInstances();
  };
}

function onDefinition(cluster: Cluster, { type, entry }: Change): void {
  const definition = entry.object;
  const name = definition.metadata.name ?? '';
  if (type === 'DELETED') {
    cluster.registry.setCustom(name, []);
    return;
  }
  serve(cluster, definition);
  // After whoever wrote the definition has his answer.
  queueMicrotask(() => settle(cluster, name));
}

/**
 * Stored instances are seen in the definition's new form at once: pruned and with its defaults. A definition that
 * cannot be served, whatever the reason, keeps neither its writer nor the server from going on.
 */
function serve(cluster: Cluster, definition: KubeObject): void {
  const name = definition.metadata.name ?? '';
  if (!isEstablished(definition)) return;
  try {
    const resources = customResources(definition);
    cluster.registry.setCustom(name, resources);
    const stored = resources.find((resource) => resource.conversion === undefined);
    if (stored !== undefined) cluster.store.reread(stored.bucket, (object) => inForm(object, stored));
  } catch (error) {
    cluster.log.error({ err: error, definition: name }, 'definition not served');
  }
}

function inForm(object: KubeObject, { schema }: Resource): KubeObject {
  return defaultCustomObject(schema, dropUnknownFields(schema, object).object);
}

function settle(cluster: Cluster, name: string): void {
  const { store } = cluster;
  const key = { bucket: DEFINITIONS, namespace: '', name };
  const definition = store.get(key)?.object;
  if (definition === undefined) return;
  if (isTerminating(definition)) {
    removeInstances(cluster, definition);
    return;
  }
  const status = definitionStatus(definition, othersOf(cluster, definition), timeOf(cluster.now()));
  if (!semanticallyEqual(status, definition.status)) store.put(key, { ...definition, status });
}

function othersOf({ registry }: Cluster, definition: KubeObject): Resource[] {
  const { group, names } = definition.spec as { group: string; names: { plural: string } };
  return registry.all().filter((resource) => resource.group === group && resource.plural !== names.plural);
}

function removeInstances(cluster: Cluster, definition: KubeObject): void {
  const { store } = cluster;
  const { group, names } = definition.spec as { group: string; names: { plural: string } };
  const resource = cluster.registry.all().find((served) => served.group === group && served.plural === names.plural);
  const instances = resource === undefined ? [] : store.list(resource.bucket, '');
  for (const entry of instances) {
    if (resource === undefined || entry.object.metadata.deletionTimestamp !== undefined) continue;
    const { namespace = '', name = '' } = entry.object.metadata;
    const request = {
      group,
      version: resource.version,
      plural: names.plural,
      namespace,
      name,
      subresource: '',
      rest: '',
    };
    deleteEntry({ cluster, resource, request }, entry, NOW);
  }
  if (resource === undefined || store.list(resource.bucket, '').length === 0) finish(cluster, definition);
}

const NOW = { dryRun: false, gracePeriodSeconds: undefined, propagationPolicy: undefined, preconditions: {} } as const;

function finish({ store }: Cluster, definition: KubeObject): void {
  const key = { bucket: DEFINITIONS, namespace: '', name: definition.metadata.name ?? '' };
  const finalizers = finalizersOf(definition).filter((name) => name !== CLEANUP_FINALIZER);
  if (finalizers.length === 0) store.delete(key);
  else store.put(key, { ...definition, metadata: { ...definition.metadata, finalizers } });
}

/** The last instance of a definition that is to go may have been waiting for its finalizers. */
function onInstance(cluster: Cluster, { type, key }: Change): void {
  if (type !== 'DELETED' || key.bucket === DEFINITIONS) return;
  const definition = cluster.store.get({ bucket: DEFINITIONS, namespace: '', name: key.bucket });
  if (definition === undefined || !isTerminating(definition.object)) return;
  queueMicrotask(() => settle(cluster, key.bucket));
}
