import type { Call } from '../cluster.ts';
import { targetOf } from '../cluster.ts';
import { fieldsOf, textOf } from '../resources/fields.ts';
import { forbidden, notFound, RefusalAbout } from '../status.ts';

/** Objects are made in namespaces that are there and stay. Throws a 404 or 403. */
export function checkNamespace(call: Call, objectName: string): void {
  if (!call.resource.namespaced) return;
  const name = call.request.namespace;
  const namespace = call.cluster.store.get({ bucket: 'namespaces', namespace: '', name });
  if (namespace === undefined) {
    const target = { group: '', resource: 'namespaces', kind: 'Namespace', name };
    throw new RefusalAbout(notFound(target), target);
  }
  if (textOf(fieldsOf(namespace.object, 'status'), 'phase') !== 'Terminating') return;
  const why = `unable to create new content in namespace ${name} because it is being terminated`;
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${name} is being terminated`,
    field: 'metadata.namespace',
  };
  throw forbidden({ ...targetOf(call), name: objectName }, why, [cause]);
}

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);

/** Throws a 403 for the namespaces a cluster cannot be without. */
export function checkDeletable(call: Call): void {
  const { group, kind } = call.resource;
  if (group !== '' || kind !== 'Namespace' || !IMMORTAL.has(call.request.name)) return;
  throw forbidden(targetOf(call), 'this namespace may not be deleted');
}
