/** How many replicas each ReplicaSet of a Deployment should have next. Pure. */
import type { Deployment, ReplicaSet } from '#platform/kube/resources.ts';

export const DESIRED_ANNOTATION = 'deployment.kubernetes.io/desired-replicas';
export const MAX_ANNOTATION = 'deployment.kubernetes.io/max-replicas';

/** `name` should have `replicas` from now on. */
export interface ScaleStep {
  name: string;
  replicas: number;
}

export const specReplicas = (object: Deployment | ReplicaSet): number => object.spec?.replicas ?? 1;
const available = (set: ReplicaSet): number => set.status?.availableReplicas ?? 0;
const sum = (sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number): number =>
  sets.reduce((total, set) => total + count(set), 0);
const nameOf = (set: ReplicaSet): string => set.metadata?.name ?? '';
const step = (set: ReplicaSet, replicas: number): ScaleStep => ({ name: nameOf(set), replicas });

/** Pods over and under the wanted number that a rollout may reach. Recreate has neither. */
export function rolloutBounds(deployment: Deployment): { surge: number; unavailable: number } {
  const strategy = deployment.spec?.strategy;
  if (strategy?.type === 'Recreate') return { surge: 0, unavailable: 0 };
  const desired = specReplicas(deployment);
  const surge = resolve(strategy?.rollingUpdate?.maxSurge ?? '25%', desired, Math.ceil);
  const unavailable = resolve(strategy?.rollingUpdate?.maxUnavailable ?? '25%', desired, Math.floor);
  // Neither more nor fewer would be a rollout that cannot move.
  const moving = surge === 0 && unavailable === 0 ? 1 : unavailable;
  return { surge, unavailable: Math.min(moving, desired) };
}

function resolve(value: number | string, of: number, round: (n: number) => number): number {
  if (typeof value === 'number') return value;
  return value.endsWith('%') ? round((Number.parseInt(value, 10) * of) / 100) : Number.parseInt(value, 10);
}

/** Size of the newest ReplicaSet in the next step of a rollout. */
export function newSetReplicas(deployment: Deployment, all: readonly ReplicaSet[], newest: number): number {
  const desired = specReplicas(deployment);
  if (newest >= desired || deployment.spec?.strategy?.type === 'Recreate') return desired;
  const room = desired + rolloutBounds(deployment).surge - sum(all, specReplicas);
  return room <= 0 ? newest : newest + Math.min(room, desired - newest);
}

/** Takes pods from old ReplicaSets as far as availability allows; the ones that are not available go first. */
export function oldSetSteps(deployment: Deployment, newest: ReplicaSet, old: readonly ReplicaSet[]): ScaleStep[] {
  const minAvailable = specReplicas(deployment) - rolloutBounds(deployment).unavailable;
  const all = [...old, newest];
  const starting = specReplicas(newest) - available(newest);
  const mayGo = sum(all, specReplicas) - minAvailable - starting;
  if (mayGo <= 0) return [];
  const sizes = new Map(byAge(old).map((set) => [set, specReplicas(set)]));
  let unhealthy = mayGo;
  for (const [set, size] of sizes) {
    const gone = Math.min(unhealthy, Math.max(0, size - available(set)));
    sizes.set(set, size - gone);
    unhealthy -= gone;
  }
  let healthy = Math.max(0, sum(all, available) - minAvailable);
  for (const [set, size] of sizes) {
    const gone = Math.min(healthy, size);
    sizes.set(set, size - gone);
    healthy -= gone;
  }
  return [...sizes].filter(([set, size]) => size !== specReplicas(set)).map(([set, size]) => step(set, size));
}

const byAge = (sets: readonly ReplicaSet[]): ReplicaSet[] =>
  sets.toSorted((a, b) => createdAt(a).localeCompare(createdAt(b)) || nameOf(a).localeCompare(nameOf(b)));
const createdAt = (set: ReplicaSet): string => set.metadata?.creationTimestamp ?? '';

/** The Deployment's size changed since its active ReplicaSets were written: resize before rolling on. */
export function isScaling(deployment: Deployment, all: readonly ReplicaSet[]): boolean {
  return all.some((set) => {
    const noted = set.metadata?.annotations?.[DESIRED_ANNOTATION];
    return specReplicas(set) > 0 && noted !== undefined && Number(noted) !== specReplicas(deployment);
  });
}

/** Sizes after the Deployment itself was resized; in the middle of a rollout the change is shared in proportion. */
export function scalingSteps(
  deployment: Deployment,
  newest: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): ScaleStep[] {
  const desired = specReplicas(deployment);
  const all = newest === undefined ? [...old] : [...old, newest];
  const active = all.filter((set) => specReplicas(set) > 0);
  if (active.length <= 1) {
    const only = active[0] ?? newest ?? byAge(old).at(-1);
    return only === undefined || specReplicas(only) === desired ? [] : [step(only, desired)];
  }
  if (newest !== undefined && specReplicas(newest) === desired && available(newest) === desired) {
    return old.filter((set) => specReplicas(set) > 0).map((set) => step(set, 0));
  }
  return deployment.spec?.strategy?.type === 'Recreate' ? [] : proportional(deployment, active);
}

function proportional(deployment: Deployment, active: readonly ReplicaSet[]): ScaleStep[] {
  const desired = specReplicas(deployment);
  const target = desired > 0 ? desired + rolloutBounds(deployment).surge : 0;
  const change = target - sum(active, specReplicas);
  // The largest absorbs the rounding; of equals the newest when growing, the oldest when shrinking.
  const ages = change > 0 ? byAge(active).reverse() : byAge(active);
  const sorted = ages.toSorted((a, b) => specReplicas(b) - specReplicas(a));
  let shared = 0;
  const shares = sorted.map((set) => {
    const wanted = share(deployment, set, target);
    const left = change - shared;
    const taken = change === 0 ? 0 : change > 0 ? Math.min(wanted, left) : Math.max(wanted, left);
    shared += taken;
    return taken;
  });
  return sorted
    .map((set, index) => step(set, Math.max(0, specReplicas(set) + shareOf(shares, index, change - shared))))
    .filter((next, index) => next.replicas !== specReplicas(sorted[index] as ReplicaSet));
}

const shareOf = (shares: readonly number[], index: number, rest: number): number =>
  (shares[index] ?? 0) + (index === 0 ? rest : 0);

function share(deployment: Deployment, set: ReplicaSet, target: number): number {
  const size = specReplicas(set);
  if (specReplicas(deployment) === 0) return -size;
  const before = Number(set.metadata?.annotations?.[MAX_ANNOTATION] ?? deployment.status?.replicas ?? 0);
  return before === 0 ? 0 : Math.round((size * target) / before) - size;
}
