/** The built-in kinds our processes use, as plain values that carry the type of their objects. */
import type {
  CoreV1Event,
  V1ConfigMap,
  V1Deployment,
  V1EndpointSlice,
  V1Lease,
  V1Namespace,
  V1Pod,
  V1ReplicaSet,
  V1Scale,
  V1Secret,
  V1Service,
} from '@kubernetes/client-node';

/** `T` as it travels in JSON: client-node's types say Date where the wire has an RFC 3339 string. */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [Key in keyof T]: Wire<T[Key]> }
      : T;

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager?: string;
  operation?: string;
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: object;
  subresource?: string;
}

/** What every object has. Absent before the object was created: uid, resourceVersion, and so on. */
export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  /** RFC 3339. */
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: { [key: string]: string };
  annotations?: { [key: string]: string };
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: ManagedFieldsEntry[];
}

/** Least common shape of everything the API server stores. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

/** A kind and where it is served. `T` is the type of its objects and exists only for the compiler. */
export interface Resource<T extends KubeObject = KubeObject> {
  /** Empty for core/v1. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Never set. */
  readonly object?: T;
}

/** `v1`, `apps/v1`: what objects of this kind carry as `apiVersion`. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

export interface LabelSelector {
  matchLabels?: { [key: string]: string } | undefined;
  matchExpressions?: { key: string; operator: string; values?: string[] | undefined }[] | undefined;
}

/** Whom a rule of a NetworkPolicy is about. */
export interface NetworkPolicyPeer {
  namespaceSelector?: LabelSelector | undefined;
  podSelector?: LabelSelector | undefined;
  ipBlock?: { cidr: string; except?: string[] | undefined } | undefined;
}

interface NetworkPolicyPort {
  protocol?: 'TCP' | 'UDP' | 'SCTP';
  port?: number | string;
  endPort?: number;
}

/** Not client-node's, which calls `from` otherwise. */
export interface NetworkPolicy extends KubeObject {
  spec?: {
    podSelector?: LabelSelector;
    policyTypes?: ('Ingress' | 'Egress')[];
    ingress?: { from?: NetworkPolicyPeer[]; ports?: NetworkPolicyPort[] }[];
    egress?: { to?: NetworkPolicyPeer[]; ports?: NetworkPolicyPort[] }[];
  };
}

export type Pod = Wire<V1Pod>;
export type Service = Wire<V1Service>;
export type ConfigMap = Wire<V1ConfigMap>;
export type Secret = Wire<V1Secret>;
export type Namespace = Wire<V1Namespace>;
export type KubeEvent = Wire<CoreV1Event>;
export type Deployment = Wire<V1Deployment>;
export type ReplicaSet = Wire<V1ReplicaSet>;
export type EndpointSlice = Wire<V1EndpointSlice>;
export type Lease = Wire<V1Lease>;
export type Scale = Wire<V1Scale>;

export const PODS = core<Pod>('pods', 'Pod');
export const SERVICES = core<Service>('services', 'Service');
export const CONFIG_MAPS = core<ConfigMap>('configmaps', 'ConfigMap');
export const SECRETS = core<Secret>('secrets', 'Secret');
export const EVENTS = core<KubeEvent>('events', 'Event');
export const NAMESPACES: Resource<Namespace> = { ...core<Namespace>('namespaces', 'Namespace'), namespaced: false };
export const DEPLOYMENTS = grouped<Deployment>('apps', 'deployments', 'Deployment');
export const REPLICA_SETS = grouped<ReplicaSet>('apps', 'replicasets', 'ReplicaSet');
export const ENDPOINT_SLICES = grouped<EndpointSlice>('discovery.k8s.io', 'endpointslices', 'EndpointSlice');
export const NETWORK_POLICIES = grouped<NetworkPolicy>('networking.k8s.io', 'networkpolicies', 'NetworkPolicy');
export const LEASES = grouped<Lease>('coordination.k8s.io', 'leases', 'Lease');

function core<T extends KubeObject>(plural: string, kind: string): Resource<T> {
  return grouped<T>('', plural, kind);
}

function grouped<T extends KubeObject>(group: string, plural: string, kind: string): Resource<T> {
  return { group, version: 'v1', plural, kind, namespaced: true };
}
