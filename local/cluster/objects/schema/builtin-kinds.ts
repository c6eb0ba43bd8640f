import type { KindSchema } from '../kind-schema.ts';
import { readFacts } from './fact-table.ts';
import { type ModelAttribute, modelSchemas } from './model-schema.ts';

/** The built-in kinds that can be served. */
export interface BuiltinKinds {
  /** Undefined for a kind that is not built in. */
  get(group: string, version: string, kind: string): KindSchema | undefined;
}

/**
 * `group/version`, then kinds. After a colon: `c` cluster-scoped, `s` with a status subresource, `r` with a scale
 * subresource, `-` no resource of its own; then the model, when it is not `V1<kind>`.
 */
const KINDS: Record<string, string> = {
  '/v1':
    'Pod:s Service:s ConfigMap Secret Event::CoreV1Event Namespace:cs Node:cs ServiceAccount ResourceQuota:s LimitRange ' +
    'Endpoints PersistentVolumeClaim:s PersistentVolume:cs ReplicationController:sr PodTemplate Binding:- ComponentStatus:c ' +
    'Status:c- DeleteOptions:-',
  'apps/v1': 'Deployment:sr ReplicaSet:sr StatefulSet:sr DaemonSet:s ControllerRevision',
  'batch/v1': 'Job:s CronJob:s',
  'autoscaling/v1': 'Scale:-',
  'autoscaling/v2': 'HorizontalPodAutoscaler:s:V2HorizontalPodAutoscaler',
  'policy/v1': 'PodDisruptionBudget:s Eviction:-',
  'rbac.authorization.k8s.io/v1': 'Role RoleBinding ClusterRole:c ClusterRoleBinding:c',
  'networking.k8s.io/v1': 'NetworkPolicy Ingress:s IngressClass:c',
  'discovery.k8s.io/v1': 'EndpointSlice',
  'events.k8s.io/v1': 'Event::EventsV1Event',
  'coordination.k8s.io/v1': 'Lease',
  'authentication.k8s.io/v1': 'TokenRequest:-:AuthenticationV1TokenRequest TokenReview:c- SelfSubjectReview:c-',
  'authorization.k8s.io/v1':
    'SelfSubjectAccessReview:c- SelfSubjectRulesReview:c- SubjectAccessReview:c- LocalSubjectAccessReview:-',
  'scheduling.k8s.io/v1': 'PriorityClass:c',
  'storage.k8s.io/v1': 'StorageClass:c CSIDriver:c CSINode:c VolumeAttachment:cs',
  'admissionregistration.k8s.io/v1':
    'ValidatingWebhookConfiguration:c MutatingWebhookConfiguration:c ' +
    'ValidatingAdmissionPolicy:cs ValidatingAdmissionPolicyBinding:c',
  'apiregistration.k8s.io/v1': 'APIService:cs',
  'apiextensions.k8s.io/v1': 'CustomResourceDefinition:cs',
};

interface Row {
  group: string;
  version: string;
  kind: string;
  flags: string;
  model: string;
}

function rows(): Row[] {
  return Object.entries(KINDS).flatMap(([groupVersion, kinds]) => {
    const [group = '', version = ''] = groupVersion.split('/');
    return kinds.split(' ').map((row) => {
      const [kind = '', flags = '', model = `V1${kind}`] = row.split(':');
      return { group, version, kind, flags, model };
    });
  });
}

const REPLICAS = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } as const;

async function load(): Promise<BuiltinKinds> {
  const models = (await import('@kubernetes/client-node/dist/gen/models/all.js')) as unknown as Record<
    string,
    { getAttributeTypeMap?: () => ModelAttribute[] } | undefined
  >;
  const schemaOf = modelSchemas((model) => models[model]?.getAttributeTypeMap?.(), readFacts());
  const kinds = new Map<string, KindSchema>();
  for (const { group, version, kind, flags, model } of rows()) {
    const root = schemaOf(model);
    if (root === undefined) throw new Error(`client-node has no model ${model}`);
    const hasStatus = flags.includes('s');
    kinds.set(`${group}/${version}/${kind}`, {
      ...{ group, version, kind, builtin: true, namespaced: !flags.includes('c'), root, hasStatus },
      ...(flags.includes('r') && { scale: REPLICAS }),
    });
  }
  return { get: (group, version, kind) => kinds.get(`${group}/${version}/${kind}`) };
}

let loaded: Promise<BuiltinKinds> | undefined;

/** Reads the schemas out of client-node's generated models: about 0.3 s, once; the same value each time. */
export function loadBuiltinKinds(): Promise<BuiltinKinds> {
  loaded ??= load();
  return loaded;
}
