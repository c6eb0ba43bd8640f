import type { FunctionObject } from '#api/function.ts';
import { functionKey } from '#api/rules/function-key.ts';
import { isNotFound } from '#platform/kube-error.ts';
import { EVENTS, type KubeEvent, type Pod } from '#platform/resources.ts';
import type { Outcome } from '#platform/work-queue.ts';
import { checkFunction } from './checked-function.ts';
import { deleteDeployment, markAnswered, setReplicas, type Writer } from './child-writes.ts';
import type { Context } from './context.ts';
import { urlOf } from './function/address.ts';
import { isControlledBy } from './function/children.ts';
import { notesOn } from './function/notes.ts';
import { functionContainer } from './function/pod-state.ts';
import { type RevisionView, viewRevisions } from './function/revision-view.ts';
import { knownFailure, planRollout, RETRY_AFTER_MS, type Rollout } from './function/rollout.ts';
import { invalidStatus, nextStatus, type Observation } from './function/status.ts';
import { type Made, makeChildren } from './make-children.ts';
import type { RouteDecision } from './route-claims.ts';

/** When to look again at what no watch tells of, in milliseconds: an object of someone else's, Events. */
const LOOK_AGAIN_MS = 10_000;
const MOUNT_EVENTS_AGAIN_MS = 1_000;

/** Makes the cluster match one Function. Safe at any time, any number of times. `key`: `<namespace>/<name>`. */
export async function reconcileFunction(key: string, ctx: Context, signal: AbortSignal): Promise<Outcome> {
  const [namespace, name = ''] = key.split('/');
  const stored = ctx.functions.get(namespace, name);
  if (stored === undefined || stored.metadata.deletionTimestamp !== undefined) {
    // Owner references collect the children.
    ctx.configMaps.forget(key);
    if (stored !== undefined) {
      ctx.routing.forget(stored);
      await putToSleep(ctx, key, stored, signal);
    }
    return {};
  }
  const checked = checkFunction(stored);
  if ('mistakes' in checked) {
    const current = ctx.statuses.withStatus(stored);
    await ctx.statuses.write(current, invalidStatus(current, checked.mistakes, ctx.nowMs()), signal);
    return {};
  }
  const fn = ctx.statuses.withStatus(checked.fn);
  // Before anything that takes time: of two functions that ask for one route it is the first.
  const routing = ctx.routing.decide(fn);
  const writer: Writer = { kube: ctx.kube, fn, signal };
  const made = await makeChildren(ctx, writer);
  const outcome = await report(ctx, writer, made, routing);
  const again = [outcome.againInMs, routing.againInMs, made.againInMs].filter((inMs) => inMs !== undefined);
  return again.length === 0 ? {} : { againInMs: Math.min(...again) };
}

/** A Function that somebody's finalizer holds gets no more requests: its replicas need not wait for the finalizer. */
async function putToSleep(ctx: Context, key: string, fn: FunctionObject, signal: AbortSignal): Promise<void> {
  for (const deployment of ctx.children.deployments.of(key)) {
    if (!isControlledBy(deployment, fn) || deployment.metadata?.deletionTimestamp !== undefined) continue;
    if ((deployment.spec?.replicas ?? 0) === 0) continue;
    await setReplicas({ kube: ctx.kube, signal }, deployment, 0).catch((error: unknown) => {
      // Collected meanwhile.
      if (!isNotFound(error)) throw error;
    });
  }
}

async function report(ctx: Context, writer: Writer, made: Made, routing: RouteDecision): Promise<Outcome> {
  const { fn, signal } = writer;
  const nowMs = ctx.nowMs();
  const pods = ctx.children.pods.of(functionKey(fn.metadata.namespace, fn.metadata.name));
  const stuck = podsThatMayMissAMount(fn, pods);
  const revisions = viewRevisions(made.deployments, pods, await mountEvents(writer, stuck));
  const rollout = made.latest === undefined ? undefined : plan(fn, revisions, made.latest, nowMs);
  limitServing(ctx, fn.metadata.uid, rollout);
  const scaling = ctx.scalingOf(fn.metadata.uid) ?? fn.status?.scaling;
  const status = nextStatus(
    fn,
    {
      ...addressOf(ctx, fn, routing),
      ...made.problems,
      ...(made.latest !== undefined && { latest: made.latest }),
      revisions,
      ...(rollout && { rollout }),
      ...(scaling && { scaling }),
    },
    nowMs,
  );
  if (await ctx.statuses.write(fn, status, signal)) {
    for (const note of notesOn(fn.status, status)) {
      ctx.events.record(fn, note);
      ctx.log.info({ function: functionKey(fn.metadata.namespace, fn.metadata.name), ...note }, 'function changed');
    }
  }
  // After the status: the gateway should know where to send requests before the pods go.
  if (rollout !== undefined) await carryOut(ctx, writer, { made, revisions, rollout });
  return outcome(made, stuck.length > 0, rollout);
}

function plan(fn: FunctionObject, revisions: RevisionView[], latest: string, nowMs: number): Rollout {
  return planRollout({
    revisions,
    latest,
    servingBefore: fn.status?.revision,
    knownFailure: knownFailure(fn.status),
    maxReplicas: fn.spec.scaling.maxReplicas,
    nowMs,
  });
}

/** The autoscaler keeps to it from its next look on. */
function limitServing({ rolloutLimits }: Context, uid: string, rollout: Rollout | undefined): void {
  if (rollout?.atMost === undefined) rolloutLimits.delete(uid);
  else rolloutLimits.set(uid, rollout.atMost);
}

async function carryOut(
  ctx: Context,
  writer: Writer,
  { made, revisions, rollout }: { made: Made; revisions: readonly RevisionView[]; rollout: Rollout },
): Promise<void> {
  const deployments = new Map(revisions.map((revision) => [revision.name, revision.deployment]));
  for (const { revision, replicas } of rollout.scale) {
    const deployment = deployments.get(revision);
    if (deployment !== undefined) await setReplicas(writer, deployment, replicas);
  }
  for (const name of rollout.firstAnswers) {
    const deployment = deployments.get(name);
    if (deployment !== undefined) await markAnswered(writer, deployment, ctx.nowMs());
  }
  for (const name of rollout.obsolete) {
    const deployment = deployments.get(name);
    if (deployment !== undefined) await deleteDeployment(writer, deployment);
  }
  const newRevision = made.latest !== writer.fn.status?.latestRevision;
  if (rollout.obsolete.length > 0 || newRevision || made.replacedBundle) {
    await ctx.bundles.collect(writer, made.bundle);
  }
}

function outcome({ problems }: Made, stuck: boolean, rollout: Rollout | undefined): Outcome {
  if (stuck) return { againInMs: MOUNT_EVENTS_AGAIN_MS };
  if (problems.routeProblem?.reason === 'NameTaken' || problems.revisionProblem !== undefined) {
    return { againInMs: LOOK_AGAIN_MS };
  }
  if (rollout?.failure !== undefined) return { againInMs: RETRY_AFTER_MS };
  return rollout?.againInMs === undefined ? {} : { againInMs: rollout.againInMs };
}

/** Kubelet tells of a Secret that it cannot mount in Events alone. */
function podsThatMayMissAMount(fn: FunctionObject, pods: readonly Pod[]): Pod[] {
  if (fn.spec.secrets === undefined) return [];
  return pods.filter((pod) => {
    const waitsForVolumes = functionContainer(pod)?.state?.waiting?.reason === 'ContainerCreating';
    return waitsForVolumes && pod.metadata?.deletionTimestamp === undefined;
  });
}

async function mountEvents({ kube, fn, signal }: Writer, pods: readonly Pod[]): Promise<KubeEvent[]> {
  if (pods.length === 0) return [];
  const { namespace } = fn.metadata;
  const { items } = await kube.listAll(EVENTS, { namespace, fieldSelector: 'reason=FailedMount', signal });
  return items;
}

/** Where it answers, and what it asked for in vain. */
function addressOf(
  { config, routing: { template } }: Context,
  { metadata }: FunctionObject,
  { routes, problem }: RouteDecision,
): Pick<Observation, 'url' | 'hostless' | 'routes' | 'routeProblem'> {
  const url = urlOf(metadata, routes, template, { scheme: config.CATNAP_URL_SCHEME, port: config.CATNAP_URL_PORT });
  const hostless = template.tooLong(metadata);
  return {
    routes,
    ...(url !== undefined && { url }),
    ...(hostless !== undefined && { hostless }),
    ...(problem !== undefined && { routeProblem: problem }),
  };
}
