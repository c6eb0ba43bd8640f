/** Pods as controllers make and remove them, with the Events that tell of it. */
import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import { isNotFound, KubeError } from '#platform/kube/error.ts';
import type { KubeObject, Pod, Resource, Wire } from '#platform/kube/resources.ts';
import { apiVersionOf, PODS } from '#platform/kube/resources.ts';
import type { Cluster, Recorder } from './cluster.ts';
import type { PodWrites } from './pod-writes.ts';

export interface PodControlDeps {
  cluster: Cluster;
  events: Recorder;
  /** What the watch has not shown yet. */
  writes: PodWrites;
  /** Called with each pod just before it is deleted, so that its processes may learn of it first. */
  beforeDelete: (pod: Pod) => void;
}

/** Whose pods these are. */
interface PodOwner {
  resource: Resource;
  object: KubeObject;
  template: Wire<V1PodTemplateSpec> | undefined;
}

/** Most pods created or deleted in one run. */
const BURST = 500;

/**
 * Creates `count` pods in batches of 1, 2, 4, …: where the first one is refused, five hundred would be too. Returns what
 * kept it from creating all of them.
 */
export async function createPods(
  owner: PodOwner,
  count: number,
  deps: PodControlDeps,
  signal: AbortSignal,
): Promise<Error | undefined> {
  const limit = Math.min(count, BURST);
  for (let done = 0, batch = 1; done < limit; done += batch, batch = Math.min(batch * 2, limit - done)) {
    const outcomes = await Promise.allSettled(Array.from({ length: batch }, () => createPod(owner, deps, signal)));
    const failure = firstFailure(outcomes);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

/** Returns what kept it from deleting all of them; one that is gone already is deleted. */
export async function deletePods(
  owner: KubeObject,
  pods: readonly Pod[],
  deps: PodControlDeps,
  signal: AbortSignal,
): Promise<Error | undefined> {
  return firstFailure(await Promise.allSettled(pods.slice(0, BURST).map((pod) => deletePod(owner, pod, deps, signal))));
}

async function createPod(owner: PodOwner, { cluster, events, writes }: PodControlDeps, signal: AbortSignal) {
  try {
    const pod = await cluster.kube.create(PODS, podFrom(owner), { signal });
    writes.created(pod);
    events.record(owner.object, note('Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata?.name}`));
  } catch (error) {
    if (isNamespaceLeaving(error)) return;
    events.record(owner.object, note('Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`));
    throw error;
  }
}

async function deletePod(
  owner: KubeObject,
  pod: Pod,
  { cluster, events, writes, beforeDelete }: PodControlDeps,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name = '', uid = '' } = pod.metadata ?? {};
  beforeDelete(pod);
  try {
    await cluster.kube.delete(PODS, { namespace, name }, { signal, preconditions: { uid } });
    events.record(owner, note('Normal', 'SuccessfulDelete', `Deleted pod: ${name}`));
  } catch (error) {
    if (!isNotFound(error)) {
      events.record(owner, note('Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`));
      throw error;
    }
  }
  writes.deleted(pod);
}

function podFrom({ resource, object, template }: PodOwner): Pod {
  const { name = '', namespace = '', uid = '' } = object.metadata ?? {};
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  const { kind } = resource;
  return {
    metadata: {
      generateName: `${name}-`,
      namespace,
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(finalizers && { finalizers }),
      ownerReferences: [
        { apiVersion: apiVersionOf(resource), kind, name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    ...(template?.spec && { spec: template.spec }),
  };
}

function firstFailure(outcomes: readonly PromiseSettledResult<void>[]): Error | undefined {
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed === undefined) return undefined;
  return failed.reason instanceof Error ? failed.reason : new Error(String(failed.reason));
}

/** Nothing can be created in a namespace that is being deleted, and nothing needs to be. */
function isNamespaceLeaving(error: unknown): boolean {
  const causes = error instanceof KubeError ? error.details?.details?.causes : undefined;
  return causes?.some((cause) => cause.reason === 'NamespaceTerminating') ?? false;
}

/** The server's own words, without the verb and object that the client puts before them. */
export function messageOf(error: unknown): string {
  if (error instanceof KubeError) return error.details?.message ?? error.message;
  return error instanceof Error ? error.message : String(error);
}

function note(type: 'Normal' | 'Warning', reason: string, message: string): Parameters<Recorder['record']>[1] {
  return { type, reason, message };
}
