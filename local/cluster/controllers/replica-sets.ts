/** ReplicaSets as a Deployment makes and drops them. Pure. */
import type { Deployment, ReplicaSet } from '#platform/kube/resources.ts';
import { DESIRED_ANNOTATION, MAX_ANNOTATION, rolloutBounds, specReplicas } from './replica-counts.ts';
import { TEMPLATE_HASH_LABEL, templateHash } from './template-hash.ts';

export const REVISION_ANNOTATION = 'deployment.kubernetes.io/revision';
/** Annotations that stay where they are: they tell of the Deployment itself. */
const NOT_COPIED = [
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION_ANNOTATION,
  DESIRED_ANNOTATION,
  MAX_ANNOTATION,
];

export const revisionOf = (set: ReplicaSet): number => Number(set.metadata?.annotations?.[REVISION_ANNOTATION] ?? 0);

/** The revision number that comes after all of `old`. */
export function nextRevision(old: readonly ReplicaSet[]): number {
  return Math.max(0, ...old.map(revisionOf)) + 1;
}

/** The ReplicaSet for the Deployment's present template. */
export function newSet(deployment: Deployment, old: readonly ReplicaSet[], replicas: number): ReplicaSet {
  const { name = '', namespace = '', uid = '', annotations = {} } = deployment.metadata ?? {};
  const template = deployment.spec?.template ?? {};
  const hash = templateHash(template as NonNullable<Deployment['spec']>['template'], deployment.status?.collisionCount);
  const desired = specReplicas(deployment);
  const labels = { ...template.metadata?.labels, [TEMPLATE_HASH_LABEL]: hash };
  const copied = Object.entries(annotations).filter(([key]) => !NOT_COPIED.includes(key));
  return {
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: {
        ...Object.fromEntries(copied),
        [REVISION_ANNOTATION]: String(nextRevision(old)),
        [DESIRED_ANNOTATION]: String(desired),
        [MAX_ANNOTATION]: String(desired + rolloutBounds(deployment).surge),
      },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: {
      replicas,
      minReadySeconds: deployment.spec?.minReadySeconds ?? 0,
      selector: {
        ...deployment.spec?.selector,
        matchLabels: { ...deployment.spec?.selector?.matchLabels, [TEMPLATE_HASH_LABEL]: hash },
      },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  } as ReplicaSet;
}

/** Old ReplicaSets without pods beyond `revisionHistoryLimit`, the oldest revisions first. */
export function surplusSets(deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet[] {
  const limit = deployment.spec?.revisionHistoryLimit ?? 10;
  const alive = old.filter((set) => set.metadata?.deletionTimestamp === undefined);
  return alive
    .toSorted((a, b) => revisionOf(a) - revisionOf(b))
    .slice(0, Math.max(0, alive.length - limit))
    .filter((set) => specReplicas(set) === 0 && (set.status?.replicas ?? 0) === 0)
    .filter((set) => (set.metadata?.generation ?? 0) <= (set.status?.observedGeneration ?? 0));
}
