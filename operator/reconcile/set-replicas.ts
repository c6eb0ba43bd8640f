import { FIELD_MANAGER } from '#api/names.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { isConflict } from '#platform/kube/error.ts';
import { DEPLOYMENTS, type Deployment, type Resource, type Scale } from '#platform/kube/resources.ts';

const DEPLOYMENT_SCALES: Resource<Scale> = {
  group: 'apps',
  version: 'v1',
  plural: 'deployments',
  kind: 'Deployment',
  namespaced: true,
};

/** The deployment controller writes a new Deployment's status two or three times in its first moments. */
const TRIES = 4;

interface Client {
  kube: Pick<KubeClient, 'apply' | 'get'>;
  signal: AbortSignal;
}

/**
 * Fails with 409 when the Deployment has changed since `deployment` was read: a decision holds for what was looked at. More
 * replicas are asked for again where only its status has changed, as `metadata.generation` tells; fewer are decided anew.
 */
export async function setReplicas(client: Client, deployment: Deployment, replicas: number): Promise<void> {
  let seen = deployment;
  for (let left = TRIES - 1; ; left--) {
    try {
      return await write(client, seen, replicas);
    } catch (error) {
      if (!isConflict(error) || left === 0 || replicas <= (deployment.spec?.replicas ?? 0)) throw error;
      seen = await client.kube.get(DEPLOYMENTS, refOf(deployment), { signal: client.signal });
      if (!isSameSpec(seen, deployment)) throw error;
    }
  }
}

async function write({ kube, signal }: Client, deployment: Deployment, replicas: number): Promise<void> {
  const { resourceVersion = '' } = deployment.metadata ?? {};
  const scale = {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { ...refOf(deployment), resourceVersion },
    spec: { replicas },
  };
  await kube.apply(DEPLOYMENT_SCALES, scale, { subresource: 'scale', fieldManager: FIELD_MANAGER.scaler, signal });
}

function isSameSpec({ metadata: now }: Deployment, { metadata: before }: Deployment): boolean {
  return now?.uid === before?.uid && now?.generation !== undefined && now.generation === before?.generation;
}

function refOf({ metadata }: Deployment): { namespace: string; name: string } {
  return { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' };
}
