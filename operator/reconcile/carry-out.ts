import { functionKey } from '#api/rules/function-key.ts';
import { isNotFound } from '#platform/kube/error.ts';
import type { Deployment } from '#platform/kube/resources.ts';
import type { Rollout } from '../function/rollout.ts';
import { changesOf, planDeletion, type ReplicaPlan } from '../scaling/replica-plan.ts';
import { byRevision, replicasOf, type WriteResult } from '../scaling/replica-writer.ts';
import { deleteDeployment, markAnswered, type Writer } from './apply-children.ts';
import type { Context } from './context.ts';
import type { ChildrenResult } from './ensure-children.ts';

interface Decided {
  children: ChildrenResult;
  /** Of the deployments that the plan was made of. */
  deployments: readonly Deployment[];
  rollout: Rollout;
  plan: ReplicaPlan;
}

/** Scales, marks and deletes revisions, and collects bundles that none has any more. The first refusal ends it. */
export async function carryOut(ctx: Context, writer: Writer, decided: Decided): Promise<void> {
  const { children, rollout } = decided;
  const deployments = byRevision(decided.deployments);
  const { failed } = await scale(ctx, writer, { deployments, plan: decided.plan });
  const [refused] = failed;
  if (refused !== undefined) throw refused.error;
  for (const name of rollout.firstAnswers) {
    const deployment = deployments.get(name);
    if (deployment !== undefined) await markAnswered(writer, deployment, ctx.nowMs());
  }
  for (const name of rollout.obsolete) {
    const deployment = deployments.get(name);
    if (deployment !== undefined) await deleteDeployment(writer, deployment);
  }
  const newRevision = children.latest !== writer.fn.status?.latestRevision;
  if (rollout.obsolete.length > 0 || newRevision || children.replacedBundle) {
    await ctx.bundles.collect(writer, children.bundle);
  }
}

/** A Function that another's finalizer holds gets no more requests: its replicas need not wait for the finalizer. */
export async function putToSleep(ctx: Context, writer: Writer, own: readonly Deployment[]): Promise<void> {
  const deployments = byRevision(own.filter(({ metadata }) => metadata?.deletionTimestamp === undefined));
  const replicas = replicasOf(deployments);
  const { failed } = await scale(ctx, writer, { deployments, plan: planDeletion(replicas) });
  // Others were collected meanwhile.
  const refused = failed.find(({ error }) => !isNotFound(error));
  if (refused !== undefined) throw refused.error;
}

async function scale(
  { replicas }: Context,
  { fn, signal }: Writer,
  { deployments, plan }: { deployments: ReadonlyMap<string, Deployment>; plan: ReplicaPlan },
): Promise<WriteResult> {
  const key = functionKey(fn.metadata.namespace, fn.metadata.name);
  return await replicas.write(key, changesOf(plan, replicasOf(deployments)), { deployments, signal });
}
