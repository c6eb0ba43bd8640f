/** Kinds of storage, and what is read from them in several places. */
import type { V1PersistentVolume, V1PersistentVolumeClaim, V1StorageClass } from '@kubernetes/client-node';
import type { Pod, Resource, Wire } from '#platform/kube/resources.ts';

export type Claim = Wire<V1PersistentVolumeClaim>;
export type Volume = Wire<V1PersistentVolume>;
export type StorageClass = Wire<V1StorageClass>;

export const CLAIMS: Resource<Claim> = {
  group: '',
  version: 'v1',
  plural: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
  namespaced: true,
};
export const VOLUMES: Resource<Volume> = {
  group: '',
  version: 'v1',
  plural: 'persistentvolumes',
  kind: 'PersistentVolume',
  namespaced: false,
};
export const STORAGE_CLASSES: Resource<StorageClass> = {
  group: 'storage.k8s.io',
  version: 'v1',
  plural: 'storageclasses',
  kind: 'StorageClass',
  namespaced: false,
};

/** Names of the claims that the pod's volumes are of, each once; empty for most pods. */
export function claimNames(pod: Pod): string[] {
  const names = (pod.spec?.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
  return [...new Set(names)];
}

/** Whether it has a volume, and may be mounted. */
export function isBound(claim: Claim): boolean {
  return claim.status?.phase === 'Bound' && (claim.spec?.volumeName ?? '') !== '';
}
