/** The roles that every cluster has from its first moment, as far as they are about what is served here. */
import { AUTHENTICATED, UNAUTHENTICATED } from '../auth/users.ts';
import { CONFIGURATION_PATH, KEY_SET_PATH } from '../discovery/issuer-paths.ts';
import type { PolicyRule } from './rule.ts';

export interface BootstrapRole {
  name: string;
  labels?: { [label: string]: string };
  rules?: readonly PolicyRule[];
  /** Instead of rules: those of the roles that carry this label. */
  aggregates?: string;
  /** Groups that are bound to it. */
  groups?: readonly string[];
}

const WRITE = ['create', 'update', 'patch', 'delete', 'deletecollection'];
const READ = ['get', 'list', 'watch'];

const aggregateTo = (role: string) => `rbac.authorization.k8s.io/aggregate-to-${role}`;
const labelled = (role: string) => ({ [aggregateTo(role)]: 'true' });

function rule(verbs: readonly string[], group: string, ...resources: string[]): PolicyRule {
  return { verbs, apiGroups: [group], resources };
}

const HEALTH = ['/healthz', '/livez', '/readyz', '/version', '/version/'];
const AUTHORIZATION = 'authorization.k8s.io';
const AUTHENTICATION = 'authentication.k8s.io';

const EDIT: readonly PolicyRule[] = [
  rule(READ, '', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets', 'services/proxy'),
  rule(['impersonate'], '', 'serviceaccounts'),
  rule(WRITE, '', 'pods', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy'),
  rule(['create'], '', 'pods/eviction', 'serviceaccounts/token'),
  rule(WRITE, '', 'configmaps', 'events', 'persistentvolumeclaims', 'secrets', 'serviceaccounts', 'services'),
  rule(WRITE, 'apps', 'deployments', 'deployments/scale', 'replicasets', 'replicasets/scale'),
  rule(WRITE, 'batch', 'jobs'),
  rule(WRITE, 'policy', 'poddisruptionbudgets'),
  rule(WRITE, 'networking.k8s.io', 'networkpolicies'),
  rule([...WRITE, ...READ], 'coordination.k8s.io', 'leases'),
];

const VIEW: readonly PolicyRule[] = [
  rule(READ, '', 'configmaps', 'endpoints', 'persistentvolumeclaims', 'pods', 'serviceaccounts', 'services'),
  rule(READ, '', 'persistentvolumeclaims/status', 'services/status'),
  rule(READ, '', 'events', 'limitranges', 'namespaces/status', 'pods/log', 'pods/status', 'resourcequotas'),
  rule(READ, '', 'resourcequotas/status', 'namespaces'),
  rule(READ, 'discovery.k8s.io', 'endpointslices'),
  rule(READ, 'apps', 'deployments', 'deployments/scale', 'deployments/status'),
  rule(READ, 'apps', 'replicasets', 'replicasets/scale', 'replicasets/status'),
  rule(READ, 'batch', 'jobs', 'jobs/status'),
  rule(READ, 'policy', 'poddisruptionbudgets', 'poddisruptionbudgets/status'),
  rule(READ, 'networking.k8s.io', 'networkpolicies'),
];

export const BOOTSTRAP_ROLES: readonly BootstrapRole[] = [
  {
    name: 'cluster-admin',
    rules: [rule(['*'], '*', '*'), { verbs: ['*'], nonResourceURLs: ['*'] }],
    groups: ['system:masters'],
  },
  {
    name: 'system:discovery',
    rules: [
      {
        verbs: ['get'],
        nonResourceURLs: [...HEALTH, '/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*'].sort(),
      },
    ],
    groups: [AUTHENTICATED],
  },
  {
    name: 'system:basic-user',
    rules: [
      rule(['create'], AUTHORIZATION, 'selfsubjectaccessreviews', 'selfsubjectrulesreviews'),
      rule(['create'], AUTHENTICATION, 'selfsubjectreviews'),
    ],
    groups: [AUTHENTICATED],
  },
  {
    name: 'system:public-info-viewer',
    rules: [{ verbs: ['get'], nonResourceURLs: HEALTH }],
    groups: [AUTHENTICATED, UNAUTHENTICATED],
  },
  {
    name: 'system:service-account-issuer-discovery',
    rules: [
      {
        verbs: ['get'],
        nonResourceURLs: [CONFIGURATION_PATH, `${CONFIGURATION_PATH}/`, KEY_SET_PATH, `${KEY_SET_PATH}/`],
      },
    ],
    groups: ['system:serviceaccounts'],
  },
  {
    name: 'system:auth-delegator',
    rules: [rule(['create'], AUTHENTICATION, 'tokenreviews'), rule(['create'], AUTHORIZATION, 'subjectaccessreviews')],
  },
  { name: 'admin', aggregates: aggregateTo('admin') },
  { name: 'edit', aggregates: aggregateTo('edit'), labels: labelled('admin') },
  { name: 'view', aggregates: aggregateTo('view'), labels: labelled('edit') },
  {
    name: 'system:aggregate-to-admin',
    labels: labelled('admin'),
    rules: [
      rule(['create'], AUTHORIZATION, 'localsubjectaccessreviews'),
      rule([...WRITE, ...READ], 'rbac.authorization.k8s.io', 'rolebindings', 'roles'),
    ],
  },
  { name: 'system:aggregate-to-edit', labels: labelled('edit'), rules: EDIT },
  { name: 'system:aggregate-to-view', labels: labelled('view'), rules: VIEW },
];
