import type { KubeObject } from '#platform/kube/resources.ts';
import { type ClusterObjects, describe } from './cluster-objects.ts';
import { hooksOf, type RenderedObject } from './manifests.ts';

/**
 * Makes the hooks of an event one after the other and waits for each to be done, as Helm does: Jobs and Pods have to
 * end well. Throws at the first that does not; that one stays, for its log to be read.
 */
export async function runHooks(
  cluster: ClusterObjects,
  objects: readonly RenderedObject[],
  event: string,
): Promise<void> {
  const hooks = hooksOf(objects, event);
  const done: RenderedObject[] = [];
  try {
    for (const hook of hooks) {
      await deleteBy('before-hook-creation', cluster, [hook]);
      await cluster.apply(hook.object);
      await cluster.wait(hook.object, `the ${event} hook is not done`, isDone);
      done.push(hook);
    }
  } catch (error) {
    await deleteBy('hook-failed', cluster, hooks.slice(done.length, done.length + 1));
    await deleteBy('hook-succeeded', cluster, done);
    throw error;
  }
  await deleteBy('hook-succeeded', cluster, done.toReversed());
}

async function deleteBy(policy: string, cluster: ClusterObjects, hooks: readonly RenderedObject[]): Promise<void> {
  for (const { object, deletePolicies } of hooks) {
    if (deletePolicies.includes(policy)) await cluster.delete(object);
  }
}

interface Ending {
  status?: { phase?: string; message?: string; conditions?: { type: string; status: string; message?: string }[] };
}

/** Whether what a hook made has done its work: Jobs and Pods when they end, all else at once. Throws when it ended badly. */
export function isDone(object: KubeObject | undefined): boolean {
  const { status } = (object ?? {}) as Ending;
  if (object?.kind === 'Job') {
    const has = (type: string) => status?.conditions?.find((one) => one.type === type && one.status === 'True');
    const failed = has('Failed');
    if (failed !== undefined) throw new Error(`${describe(object)} failed: ${failed.message ?? 'no details'}`);
    return has('Complete') !== undefined;
  }
  if (object?.kind === 'Pod') {
    if (status?.phase === 'Failed') throw new Error(`${describe(object)} failed: ${status.message ?? 'see its log'}`);
    return status?.phase === 'Succeeded';
  }
  return object !== undefined;
}
