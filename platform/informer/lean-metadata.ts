import type { ObjectMeta } from '../kube/resources.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** The metadata without who manages which field and without kubectl's copy of the whole object: half of an object's size. */
export function leanMetadata<T extends ObjectMeta>(metadata: T): T {
  const { managedFields: _, annotations, ...rest } = metadata;
  if (annotations === undefined) return rest as T;
  const { [LAST_APPLIED]: __, ...kept } = annotations;
  return { ...rest, ...(Object.keys(kept).length > 0 && { annotations: kept }) } as unknown as T;
}
