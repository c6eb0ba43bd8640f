/** The built-in resources, in the order of discovery. */
import type { BuiltinKinds } from '../../objects/schema/builtin-kinds.ts';
import { definitionStrategy } from '../crd/strategy.ts';
import { printerOf } from '../table/printers.ts';
import { EVENT_CONVERSION } from './event-conversion.ts';
import { selectableFieldsOf } from './field-values.ts';
import type { Resource, Strategy } from './resource.ts';
import {
  admissionPolicyStrategy,
  bindingStrategy,
  budgetStrategy,
  endpointSliceStrategy,
  endpointsStrategy,
  eventStrategy,
  leaseStrategy,
  limitRangeStrategy,
  namespaceStrategy,
  networkPolicyStrategy,
  nodeStrategy,
  plainStrategy,
  policyBindingStrategy,
  quotaStrategy,
  roleStrategy,
} from './strategies/cluster.ts';
import { configMapStrategy, secretStrategy } from './strategies/config-data.ts';
import { ingressClassStrategy, ingressStrategy } from './strategies/ingress.ts';
import { jobStrategy } from './strategies/job.ts';
import { podStrategy } from './strategies/pod.ts';
import { serviceStrategy } from './strategies/service.ts';
import { claimStrategy, storageClassStrategy, volumeStrategy } from './strategies/storage.ts';
import { deploymentStrategy, replicaSetStrategy } from './strategies/workloads.ts';

interface Row {
  plural: string;
  kind: string;
  shortNames?: string[];
  categories?: string[];
  subresources?: string[];
  strategy?: Strategy;
  /** Kept with another resource's objects. */
  bucket?: string;
  conversion?: Resource['conversion'];
}

const RBAC = 'rbac.authorization.k8s.io/v1';
const ADMISSION = 'admissionregistration.k8s.io/v1';

const ROWS: { [groupVersion: string]: Row[] } = {
  v1: [
    { plural: 'configmaps', kind: 'ConfigMap', shortNames: ['cm'], strategy: configMapStrategy },
    { plural: 'endpoints', kind: 'Endpoints', shortNames: ['ep'], strategy: endpointsStrategy },
    { plural: 'events', kind: 'Event', shortNames: ['ev'], strategy: eventStrategy },
    { plural: 'limitranges', kind: 'LimitRange', shortNames: ['limits'], strategy: limitRangeStrategy },
    {
      plural: 'namespaces',
      kind: 'Namespace',
      shortNames: ['ns'],
      subresources: ['finalize', 'status'],
      strategy: namespaceStrategy,
    },
    { plural: 'nodes', kind: 'Node', shortNames: ['no'], subresources: ['status'], strategy: nodeStrategy },
    {
      plural: 'persistentvolumeclaims',
      kind: 'PersistentVolumeClaim',
      shortNames: ['pvc'],
      subresources: ['status'],
      strategy: claimStrategy,
    },
    {
      plural: 'persistentvolumes',
      kind: 'PersistentVolume',
      shortNames: ['pv'],
      subresources: ['status'],
      strategy: volumeStrategy,
    },
    {
      plural: 'pods',
      kind: 'Pod',
      shortNames: ['po'],
      categories: ['all'],
      subresources: ['binding', 'eviction', 'log', 'status'],
      strategy: podStrategy,
    },
    {
      plural: 'resourcequotas',
      kind: 'ResourceQuota',
      shortNames: ['quota'],
      subresources: ['status'],
      strategy: quotaStrategy,
    },
    { plural: 'secrets', kind: 'Secret', strategy: secretStrategy },
    { plural: 'serviceaccounts', kind: 'ServiceAccount', shortNames: ['sa'], subresources: ['token'] },
    {
      plural: 'services',
      kind: 'Service',
      shortNames: ['svc'],
      categories: ['all'],
      subresources: ['proxy', 'status'],
      strategy: serviceStrategy,
    },
  ],
  'events.k8s.io/v1': [
    {
      plural: 'events',
      kind: 'Event',
      shortNames: ['ev'],
      strategy: eventStrategy,
      bucket: 'events',
      conversion: EVENT_CONVERSION,
    },
  ],
  'apps/v1': [
    {
      plural: 'deployments',
      kind: 'Deployment',
      shortNames: ['deploy'],
      categories: ['all'],
      subresources: ['scale', 'status'],
      strategy: deploymentStrategy,
    },
    {
      plural: 'replicasets',
      kind: 'ReplicaSet',
      shortNames: ['rs'],
      categories: ['all'],
      subresources: ['scale', 'status'],
      strategy: replicaSetStrategy,
    },
  ],
  'batch/v1': [{ plural: 'jobs', kind: 'Job', categories: ['all'], subresources: ['status'], strategy: jobStrategy }],
  'networking.k8s.io/v1': [
    { plural: 'ingressclasses', kind: 'IngressClass', strategy: ingressClassStrategy },
    {
      plural: 'ingresses',
      kind: 'Ingress',
      shortNames: ['ing'],
      subresources: ['status'],
      strategy: ingressStrategy,
    },
    { plural: 'networkpolicies', kind: 'NetworkPolicy', shortNames: ['netpol'], strategy: networkPolicyStrategy },
  ],
  'policy/v1': [
    {
      plural: 'poddisruptionbudgets',
      kind: 'PodDisruptionBudget',
      shortNames: ['pdb'],
      subresources: ['status'],
      strategy: budgetStrategy,
    },
  ],
  [RBAC]: [
    { plural: 'clusterrolebindings', kind: 'ClusterRoleBinding', strategy: bindingStrategy },
    { plural: 'clusterroles', kind: 'ClusterRole', strategy: roleStrategy },
    { plural: 'rolebindings', kind: 'RoleBinding', strategy: bindingStrategy },
    { plural: 'roles', kind: 'Role', strategy: roleStrategy },
  ],
  'storage.k8s.io/v1': [
    { plural: 'storageclasses', kind: 'StorageClass', shortNames: ['sc'], strategy: storageClassStrategy },
  ],
  [ADMISSION]: [
    {
      plural: 'validatingadmissionpolicies',
      kind: 'ValidatingAdmissionPolicy',
      categories: ['api-extensions'],
      subresources: ['status'],
      strategy: admissionPolicyStrategy,
    },
    {
      plural: 'validatingadmissionpolicybindings',
      kind: 'ValidatingAdmissionPolicyBinding',
      categories: ['api-extensions'],
      strategy: policyBindingStrategy,
    },
  ],
  'apiextensions.k8s.io/v1': [
    {
      plural: 'customresourcedefinitions',
      kind: 'CustomResourceDefinition',
      shortNames: ['crd', 'crds'],
      categories: ['api-extensions'],
      subresources: ['status'],
      strategy: definitionStrategy,
    },
  ],
  'scheduling.k8s.io/v1': [{ plural: 'priorityclasses', kind: 'PriorityClass', shortNames: ['pc'] }],
  'coordination.k8s.io/v1': [{ plural: 'leases', kind: 'Lease', strategy: leaseStrategy }],
  'discovery.k8s.io/v1': [{ plural: 'endpointslices', kind: 'EndpointSlice', strategy: endpointSliceStrategy }],
};

/** Those of which `kinds` knows the schema. */
export function builtinResources(kinds: BuiltinKinds): Resource[] {
  return Object.entries(ROWS).flatMap(([groupVersion, rows]) => {
    const [version = '', group = ''] = groupVersion.split('/').reverse();
    return rows.flatMap((row) => resourceOf(row, { group, version }, kinds));
  });
}

function resourceOf(row: Row, { group, version }: { group: string; version: string }, kinds: BuiltinKinds): Resource[] {
  const schema = kinds.get(group, version, row.kind);
  if (schema === undefined) return [];
  return [
    {
      group,
      version,
      plural: row.plural,
      singular: row.kind.toLowerCase(),
      kind: row.kind,
      listKind: `${row.kind}List`,
      namespaced: schema.namespaced,
      shortNames: row.shortNames ?? [],
      categories: row.categories ?? [],
      subresources: row.subresources ?? [],
      bucket: row.bucket ?? (group === '' ? row.plural : `${row.plural}.${group}`),
      schema,
      strategy: row.strategy ?? plainStrategy,
      printer: printerOf(group, row.kind),
      fields: selectableFieldsOf(group, row.kind),
      ...(row.conversion === undefined ? {} : { conversion: row.conversion }),
    },
  ];
}
