import type { FunctionObject } from '#api/function.ts';
import { functionKey } from '#api/rules/function-key.ts';
import { EVENTS, type KubeEvent, type Pod } from '#platform/kube/resources.ts';
import { functionContainer } from '../function/pod-status.ts';
import type { StartNews } from '../function/revision-view.ts';
import type { Writer } from './apply-children.ts';
import type { Context } from './context.ts';

/** Kubelet tells of a Secret that it cannot mount in Events alone. */
export function podsThatMayMissAMount(fn: FunctionObject, pods: readonly Pod[]): Pod[] {
  if (fn.spec.secrets === undefined) return [];
  return pods.filter((pod) => {
    const waitsForVolumes = functionContainer(pod)?.state?.waiting?.reason === 'ContainerCreating';
    return waitsForVolumes && pod.metadata?.deletionTimestamp === undefined;
  });
}

export async function startNews(
  ctx: Context,
  writer: Writer,
  { pods, stuck, nowMs }: { pods: readonly Pod[]; stuck: readonly Pod[]; nowMs: number },
): Promise<StartNews> {
  const events = await mountEvents(writer, stuck);
  const { namespace, name } = writer.fn.metadata;
  return {
    mountEvents: events,
    failingForMs: ctx.failingPods.observe(functionKey(namespace, name), pods, { mountEvents: events, nowMs }),
  };
}

async function mountEvents({ kube, fn, signal }: Writer, pods: readonly Pod[]): Promise<KubeEvent[]> {
  if (pods.length === 0) return [];
  const { namespace } = fn.metadata;
  const { items } = await kube.listAll(EVENTS, { namespace, fieldSelector: 'reason=FailedMount', signal });
  return items;
}
