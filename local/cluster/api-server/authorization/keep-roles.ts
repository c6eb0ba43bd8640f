/** Makes the bootstrap roles, and fills in roles that are the sum of others. */
import { randomUUID } from 'node:crypto';
import type { KubeObject } from '../../objects/kind-schema.ts';
import { type LabelSelector, type Labels, selectorMatches } from '../../objects/label-selector.ts';
import type { Cluster } from '../cluster.ts';
import { fieldsOf, listOf, semanticallyEqual } from '../resources/fields.ts';
import type { Store } from '../store/store.ts';
import { timeOf } from '../write/metadata.ts';
import { BOOTSTRAP_ROLES, type BootstrapRole } from './bootstrap-roles.ts';
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES } from './rbac.ts';

type Keeper = Pick<Cluster, 'store' | 'now'>;

/** Bootstrap roles and bindings are there when this returns; sums of roles are kept from now on. */
export function keepRoles(cluster: Keeper): () => void {
  for (const role of BOOTSTRAP_ROLES) {
    restore(cluster, CLUSTER_ROLES, clusterRole(role));
    if (role.groups !== undefined) restore(cluster, CLUSTER_ROLE_BINDINGS, clusterRoleBinding(role, role.groups));
  }
  sumUp(cluster.store);
  return cluster.store.listen(CLUSTER_ROLES, () => queueMicrotask(() => sumUp(cluster.store)));
}

const LABELS = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const AUTO_UPDATE = 'rbac.authorization.kubernetes.io/autoupdate';
const GROUP = 'rbac.authorization.k8s.io';

/** As it was made before it stays, with what users added to it, unless it lacks something or asks to be left alone. */
function restore({ store, now }: Keeper, bucket: string, wanted: KubeObject): void {
  const key = { bucket, namespace: '', name: wanted.metadata.name ?? '' };
  const present = store.get(key)?.object;
  if (present === undefined) {
    const metadata = { ...wanted.metadata, uid: randomUUID(), creationTimestamp: timeOf(now()) };
    store.put(key, { ...wanted, metadata });
    return;
  }
  if (fieldsOf(present.metadata, 'annotations')[AUTO_UPDATE] !== 'true') return;
  const next = { ...present, ...union(present, wanted, 'rules'), ...union(present, wanted, 'subjects') };
  if (!semanticallyEqual(next, present)) store.put(key, next);
}

function union(present: KubeObject, wanted: KubeObject, name: 'rules' | 'subjects'): object {
  const all = distinct([...listOf(present, name), ...listOf(wanted, name)]);
  return wanted[name] === undefined ? {} : { [name]: all };
}

function distinct(values: readonly object[]): object[] {
  return values.filter((value, index) => values.findIndex((other) => semanticallyEqual(other, value)) === index);
}

function clusterRole({ name, labels, rules, aggregates }: BootstrapRole): KubeObject {
  const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { [aggregates ?? '']: 'true' } }] };
  return {
    kind: 'ClusterRole',
    apiVersion: `${GROUP}/v1`,
    metadata: { name, labels: { ...LABELS, ...labels }, annotations: { [AUTO_UPDATE]: 'true' } },
    ...(aggregates === undefined ? { rules } : { aggregationRule }),
  };
}

function clusterRoleBinding({ name }: BootstrapRole, groups: readonly string[]): KubeObject {
  return {
    kind: 'ClusterRoleBinding',
    apiVersion: `${GROUP}/v1`,
    metadata: { name, labels: LABELS, annotations: { [AUTO_UPDATE]: 'true' } },
    subjects: groups.map((group) => ({ kind: 'Group', apiGroup: GROUP, name: group })),
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name },
  };
}

/** Writes the rules of each role that has an `aggregationRule`, where they are not what they should be. */
function sumUp(store: Store): void {
  const roles = store.list(CLUSTER_ROLES, '').map(({ object }) => object);
  for (const role of roles) {
    const selectors = listOf(fieldsOf(role, 'aggregationRule'), 'clusterRoleSelectors') as LabelSelector[];
    if (selectors.length === 0) continue;
    const parts = roles.filter((other) => {
      const labels = other.metadata.labels as Labels;
      return other !== role && selectors.some((selector) => selectorMatches(selector, labels));
    });
    const rules = distinct(parts.flatMap((part) => listOf(part, 'rules')));
    if (semanticallyEqual(rules, role.rules)) continue;
    // Its own change brings the next round: a sum may be part of another one.
    store.put({ bucket: CLUSTER_ROLES, namespace: '', name: role.metadata.name ?? '' }, { ...role, rules });
  }
}
