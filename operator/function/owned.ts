/** How a child belongs to its Function. Pure. */
import type { FunctionObject } from '#api/function.ts';
import { API_VERSION, KIND, LABEL, MANAGED_BY } from '#api/names.ts';
import type { OwnerReference } from '#platform/kube/resources.ts';

/** The Function as the one controller of a child: deleting it deletes the child. */
export function ownerReference(fn: FunctionObject): OwnerReference {
  return { apiVersion: API_VERSION, kind: KIND, name: fn.metadata.name, uid: fn.metadata.uid, controller: true };
}

/** Whether `fn` made the object. One of the same name that another made is never touched. */
export function isControlledBy(
  child: { metadata?: { ownerReferences?: readonly { uid: string; controller?: boolean }[] } },
  fn: FunctionObject,
): boolean {
  return child.metadata?.ownerReferences?.some((owner) => owner.controller && owner.uid === fn.metadata.uid) ?? false;
}

export function childLabels(fn: FunctionObject): Record<string, string> {
  return {
    [LABEL.function]: fn.metadata.name,
    [LABEL.name]: fn.metadata.name,
    [LABEL.managedBy]: MANAGED_BY,
  };
}
