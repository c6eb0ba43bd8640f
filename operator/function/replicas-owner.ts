import { FIELD_MANAGER } from '#api/names.ts';
import type { Deployment } from '#platform/kube/resources.ts';

/** Whether another manager than our own applies owns `spec.replicas`. */
export function isHandedOver(deployment: Deployment): boolean {
  return (deployment.metadata?.managedFields ?? []).some(({ manager, operation, subresource, fieldsV1 }) => {
    const ours = manager === FIELD_MANAGER.operator && operation === 'Apply' && subresource === undefined;
    const spec = (fieldsV1 as { 'f:spec'?: object } | undefined)?.['f:spec'];
    return !ours && spec !== undefined && 'f:replicas' in spec;
  });
}
