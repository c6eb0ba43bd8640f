/** Writes a Deployment's status when there is something new in it. */
import { isDeepStrictEqual } from 'node:util';
import { isNotFound } from '#platform/kube/error.ts';
import { DEPLOYMENTS, type Deployment, type ReplicaSet } from '#platform/kube/resources.ts';
import type { Cluster } from './cluster.ts';
import { type DeploymentStatus, progressDeadlineMs } from './deployment-status.ts';
import { REVISION_ANNOTATION } from './replica-sets.ts';

/** Returns when to look again for a rollout that does not move. */
export async function writeDeploymentStatus(
  deployment: Deployment,
  status: DeploymentStatus,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<{ againInMs?: number }> {
  const { namespace, name = '' } = deployment.metadata ?? {};
  const next = withoutZeros(status);
  if (!isDeepStrictEqual(next, withoutZeros(deployment.status ?? {}))) {
    const removed = Object.keys(deployment.status ?? {}).filter((key) => !(key in next));
    const body = { status: { ...next, ...Object.fromEntries(removed.map((key) => [key, null])) } };
    try {
      await cluster.kube.patch(
        DEPLOYMENTS,
        { namespace, name },
        { type: 'merge', body },
        { subresource: 'status', signal },
      );
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  const leftMs = progressDeadlineMs(deployment, status, Date.now());
  // A second more, because the condition's time is cut to whole seconds.
  return leftMs === undefined ? {} : { againInMs: Math.max(0, leftMs) + 1_000 };
}

/** Notes on the Deployment which revision its newest ReplicaSet is; by `status`, since a write elsewhere is a new generation. */
export async function writeRevision(
  deployment: Deployment,
  newest: ReplicaSet | undefined,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<void> {
  const revision = newest?.metadata?.annotations?.[REVISION_ANNOTATION];
  if (revision === undefined || deployment.metadata?.annotations?.[REVISION_ANNOTATION] === revision) return;
  const { namespace, name = '' } = deployment.metadata ?? {};
  const body = { metadata: { annotations: { [REVISION_ANNOTATION]: revision } } };
  await cluster.kube.patch(
    DEPLOYMENTS,
    { namespace, name },
    { type: 'merge', body },
    { subresource: 'status', signal },
  );
}

/** Counts that are zero are absent on the wire, but for the one that may be unknown. */
function withoutZeros(status: DeploymentStatus): Record<string, unknown> {
  const shown = ([name, value]: [string, unknown]): boolean =>
    value !== undefined && (value !== 0 || name === 'terminatingReplicas');
  return Object.fromEntries(Object.entries(status).filter(shown));
}
