/** Objects that nobody controls come under the controller whose selector matches them. */

import type { KubeClient } from '#platform/kube/client.ts';
import { isConflict, isNotFound } from '#platform/kube/error.ts';
import { apiVersionOf, type KubeObject, type OwnerReference, type Resource } from '#platform/kube/resources.ts';
import { type LabelSelector, selectorMatches } from '../objects/label-selector.ts';

/** Pure. An object that is being deleted is left alone, and one that is being deleted adopts nothing. */
export function mayAdopt(owner: KubeObject & { spec?: { selector?: LabelSelector } }, candidate: KubeObject): boolean {
  const { ownerReferences = [], deletionTimestamp, labels, namespace } = candidate.metadata ?? {};
  if (deletionTimestamp !== undefined || owner.metadata?.deletionTimestamp !== undefined) return false;
  if (namespace !== owner.metadata?.namespace || ownerReferences.some((reference) => reference.controller))
    return false;
  return selectorMatches(owner.spec?.selector, labels);
}

/** Writes `owner` into each of `orphans`; the watch then shows them as its own. */
export async function adopt(
  owner: { resource: Resource; object: KubeObject },
  orphans: { resource: Resource; objects: readonly KubeObject[] },
  kube: KubeClient,
  signal: AbortSignal,
): Promise<void> {
  const { name = '', uid = '' } = owner.object.metadata ?? {};
  const reference: OwnerReference = {
    apiVersion: apiVersionOf(owner.resource),
    kind: owner.resource.kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  for (const { metadata } of orphans.objects) {
    const ownerReferences = [...(metadata?.ownerReferences ?? []), reference];
    const body = { metadata: { uid: metadata?.uid, resourceVersion: metadata?.resourceVersion, ownerReferences } };
    const ref = { namespace: metadata?.namespace, name: metadata?.name ?? '' };
    await kube.patch(orphans.resource, ref, { type: 'merge', body }, { signal }).catch((error: unknown) => {
      // Changed or gone meanwhile: the watch tells, and it is looked at again.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    });
  }
}
