/** Kinds that only the local cluster's own controllers and pod runner deal with. */
import type {
  AuthenticationV1TokenRequest,
  V1Binding,
  V1CustomResourceDefinition,
  V1Job,
  V1JobCondition,
  V1Node,
  V1PodDisruptionBudget,
  V1ResourceQuota,
  V1ServiceAccount,
} from '@kubernetes/client-node';
import type { KubeObject, Resource, Wire } from '#platform/kube/resources.ts';

export type Node = Wire<V1Node>;
export type ServiceAccount = Wire<V1ServiceAccount>;
export type ResourceQuota = Wire<V1ResourceQuota>;
type Binding = Wire<V1Binding>;
export type DisruptionBudget = Wire<V1PodDisruptionBudget>;
export type Job = Wire<V1Job>;
export type JobCondition = Wire<V1JobCondition>;
type TokenRequest = Wire<AuthenticationV1TokenRequest>;
type CustomResourceDefinition = Wire<V1CustomResourceDefinition>;

const core = { group: '', version: 'v1' };
export const NODES: Resource<Node> = { ...core, plural: 'nodes', kind: 'Node', namespaced: false };
export const SERVICE_ACCOUNTS: Resource<ServiceAccount> = {
  ...core,
  plural: 'serviceaccounts',
  kind: 'ServiceAccount',
  namespaced: true,
};
/** Kind of the objects that POST to `pods/<name>/binding` takes. */
export const POD_BINDINGS: Resource<Binding> = { ...core, plural: 'pods', kind: 'Binding', namespaced: true };
/** Kind of the objects that POST to `serviceaccounts/<name>/token` takes; their own group is authentication.k8s.io. */
export const ACCOUNT_TOKENS: Resource<TokenRequest> = {
  ...core,
  plural: 'serviceaccounts',
  kind: 'TokenRequest',
  namespaced: true,
};
export const DISRUPTION_BUDGETS: Resource<DisruptionBudget> = {
  group: 'policy',
  version: 'v1',
  plural: 'poddisruptionbudgets',
  kind: 'PodDisruptionBudget',
  namespaced: true,
};
export const JOBS: Resource<Job> = { group: 'batch', version: 'v1', plural: 'jobs', kind: 'Job', namespaced: true };
export const CUSTOM_RESOURCE_DEFINITIONS: Resource<CustomResourceDefinition> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};

/** `<namespace>/<name>`; the namespace is empty for cluster-scoped objects. */
export function keyOf(object: KubeObject): string {
  return `${object.metadata?.namespace ?? ''}/${object.metadata?.name ?? ''}`;
}

export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The owner that controls `object`, if it is of this kind. */
export function controllerOf(object: KubeObject, kind: string): { name: string; uid: string } | undefined {
  return object.metadata?.ownerReferences?.find((owner) => owner.controller === true && owner.kind === kind);
}

/** RFC 3339 with whole seconds, as the API server stores times. */
export function timestamp(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
}
