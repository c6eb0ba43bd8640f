import type { Printer } from '../resources/resource.ts';
import { NAME_AND_AGE } from './basic.ts';
import {
  ADMISSION_BINDING,
  ADMISSION_POLICY,
  CONFIG_MAP,
  DEFINITION,
  EVENT,
  LEASE,
  NAMESPACE,
  NODE,
  PRIORITY_CLASS,
  QUOTA,
  ROLE,
  ROLE_BINDING,
  SECRET,
  SERVICE_ACCOUNT,
} from './core.ts';
import { INGRESS, INGRESS_CLASS } from './ingress.ts';
import { JOB } from './job.ts';
import { ENDPOINT_SLICE, ENDPOINTS, SERVICE } from './network.ts';
import { POD } from './pod.ts';
import { CLAIM, STORAGE_CLASS, VOLUME } from './storage.ts';
import { BUDGET, DEPLOYMENT, NETWORK_POLICY, REPLICA_SET } from './workloads.ts';

const ADMISSION = 'admissionregistration.k8s.io';
const RBAC = 'rbac.authorization.k8s.io';
const PRINTERS: { readonly [groupKind: string]: Printer } = {
  '/ConfigMap': CONFIG_MAP,
  '/Endpoints': ENDPOINTS,
  '/Event': EVENT,
  '/Namespace': NAMESPACE,
  '/Node': NODE,
  '/PersistentVolume': VOLUME,
  '/PersistentVolumeClaim': CLAIM,
  '/Pod': POD,
  '/ResourceQuota': QUOTA,
  '/Secret': SECRET,
  '/Service': SERVICE,
  '/ServiceAccount': SERVICE_ACCOUNT,
  [`${ADMISSION}/ValidatingAdmissionPolicy`]: ADMISSION_POLICY,
  [`${ADMISSION}/ValidatingAdmissionPolicyBinding`]: ADMISSION_BINDING,
  'apps/Deployment': DEPLOYMENT,
  'apps/ReplicaSet': REPLICA_SET,
  'batch/Job': JOB,
  'apiextensions.k8s.io/CustomResourceDefinition': DEFINITION,
  'coordination.k8s.io/Lease': LEASE,
  'discovery.k8s.io/EndpointSlice': ENDPOINT_SLICE,
  'events.k8s.io/Event': EVENT,
  'networking.k8s.io/Ingress': INGRESS,
  'networking.k8s.io/IngressClass': INGRESS_CLASS,
  'networking.k8s.io/NetworkPolicy': NETWORK_POLICY,
  'policy/PodDisruptionBudget': BUDGET,
  [`${RBAC}/ClusterRole`]: ROLE,
  [`${RBAC}/ClusterRoleBinding`]: ROLE_BINDING,
  [`${RBAC}/Role`]: ROLE,
  [`${RBAC}/RoleBinding`]: ROLE_BINDING,
  'scheduling.k8s.io/PriorityClass': PRIORITY_CLASS,
  'storage.k8s.io/StorageClass': STORAGE_CLASS,
};

/** How `kubectl get` shows a built-in kind; by name and age where nothing more is known. */
export function printerOf(group: string, kind: string): Printer {
  return PRINTERS[`${group}/${kind}`] ?? NAME_AND_AGE;
}
