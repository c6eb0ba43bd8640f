import type { FunctionObject } from '#api/function.ts';
import { functionKey } from '#api/rules/function-key.ts';
import type { Outcome } from '#platform/controller/work-queue.ts';
import { isNotFound } from '#platform/kube/error.ts';
import { EVENTS, type KubeEvent, type Pod } from '#platform/kube/resources.ts';
import { urlOf } from '../function/address.ts';
import { isControlledBy } from '../function/children.ts';
import { statusEvents } from '../function/events.ts';
import { functionContainer } from '../function/pod-status.ts';
import { type RevisionView, type StartNews, viewRevisions } from '../function/revision-view.ts';
import { knownFailure, planRollout, type Rollout } from '../function/rollout.ts';
import { invalidStatus, nextStatus, type Observation } from '../function/status.ts';
import { nextTrial, type Trial } from '../function/trial.ts';
import { validateFunction } from '../function/validate-function.ts';
import type { RouteDecision } from '../routing/route-claims.ts';
import { deleteDeployment, markAnswered, setReplicas, type Writer } from './apply-children.ts';
import type { Context } from './context.ts';
import { type ChildrenResult, ensureChildren } from './ensure-children.ts';

/** When to look again at what no watch tells of, in milliseconds: an object of someone else's, Events. */
const LOOK_AGAIN_MS = 10_000;
const MOUNT_EVENTS_AGAIN_MS = 1_000;
/** A new revision waits for the gateways. */
const ROUTED_AGAIN_MS = 1_000;
/** Longest that a start which is only a try keeps others from theirs. */
export const SLOT_MS = 20_000;

/** Makes the cluster match one Function. Safe at any time, any number of times. `key`: `<namespace>/<name>`. */
export async function reconcileFunction(key: string, ctx: Context, signal: AbortSignal): Promise<Outcome> {
  const [namespace, name = ''] = key.split('/');
  const stored = ctx.functions.get(namespace, name);
  if (stored === undefined || stored.metadata.deletionTimestamp !== undefined) {
    // Owner references collect the children.
    ctx.configMaps.forget(key);
    for (const one of [ctx.failingPods, ctx.routed]) one.forget(key);
    ctx.trialSlots.release(key, ctx.nowMs());
    if (stored !== undefined) {
      ctx.routing.forget(stored);
      await putToSleep(ctx, key, stored, signal);
    }
    return {};
  }
  const checked = validateFunction(stored);
  if ('mistakes' in checked) {
    const current = ctx.statuses.withStatus(stored);
    await ctx.statuses.write(current, invalidStatus(current, checked.mistakes, ctx.nowMs()), signal);
    return {};
  }
  const fn = ctx.statuses.withStatus(checked.fn);
  // Before anything that takes time: of two functions that ask for one route it is the first.
  const routing = ctx.routing.decide(fn);
  const writer: Writer = { kube: ctx.kube, fn, signal };
  const children = await ensureChildren(ctx, writer);
  const outcome = await report(ctx, writer, children, routing);
  const again = [outcome.againInMs, routing.againInMs, children.againInMs].filter((inMs) => inMs !== undefined);
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

async function report(
  ctx: Context,
  writer: Writer,
  children: ChildrenResult,
  routing: RouteDecision,
): Promise<Outcome> {
  const { fn, signal } = writer;
  const nowMs = ctx.nowMs();
  const pods = ctx.children.pods.of(functionKey(fn.metadata.namespace, fn.metadata.name));
  const stuck = podsThatMayMissAMount(fn, pods);
  const views = viewRevisions(children.deployments, pods, await startNews(ctx, writer, { pods, stuck, nowMs }));
  const revisions = await ctx.bundles.stacks.shown(writer, views);
  const rollout = children.latest === undefined ? undefined : plan(fn, revisions, children.latest, nowMs);
  limitServing(ctx, fn.metadata.uid, rollout);
  const trial = tryOut(ctx, fn, { revisions, latest: children.latest, rollout, nowMs });
  const scaling = ctx.scalings.get(fn.metadata.uid) ?? fn.status?.scaling;
  const status = nextStatus(
    fn,
    {
      ...addressOf(ctx, fn, routing),
      ...children.problems,
      ...(children.latest !== undefined && { latest: children.latest }),
      revisions,
      ...(rollout && { rollout }),
      ...(trial && { trial }),
      ...(children.configMapHash !== undefined && { sourceHash: children.configMapHash }),
      ...(scaling && { scaling }),
    },
    nowMs,
  );
  if (await ctx.statuses.write(fn, status, signal)) {
    for (const note of statusEvents(fn.status, status)) {
      ctx.events.record(fn, note);
      ctx.log.info({ function: functionKey(fn.metadata.namespace, fn.metadata.name), ...note }, 'function changed');
    }
  }
  // After the status: the gateway should know where to send requests before the pods go.
  if (rollout !== undefined) await carryOut(ctx, writer, { children, revisions, rollout });
  return outcome(children, { stuck: stuck.length > 0, rollout, trial });
}

/** What there is to start for it is added to the rollout. */
function tryOut(
  { trialSlots, routed }: Context,
  fn: FunctionObject,
  seen: { revisions: readonly RevisionView[]; latest: string | undefined; rollout: Rollout | undefined; nowMs: number },
): Trial | undefined {
  const { revisions, rollout, nowMs } = seen;
  const key = functionKey(fn.metadata.namespace, fn.metadata.name);
  const latest = revisions.find(({ name }) => name === seen.latest);
  if (latest === undefined || rollout === undefined) return undefined;
  const { trial, start } = nextTrial({
    before: fn.status,
    latest,
    // Beside one that is awake it starts anyway.
    startsAnyway: rollout.scale.some(({ revision, replicas }) => revision === latest.name && replicas > 0),
    failed: rollout.failure?.terminal === true,
    wanted: fn.spec.scaling.tryOnChange,
    takeSlot: () => trialSlots.take(key, nowMs),
    routedEverywhere: () => routed.isRouted(key, latest.name),
    nowMs,
  });
  if (start) rollout.scale.push({ revision: latest.name, replicas: 1 });
  // One that cannot start now, such as for want of a node, or takes long, lets others try.
  const isOver = trial === undefined || trial.answeredAt !== undefined || rollout.failure !== undefined;
  if (isOver || slotIsOver(trial, nowMs)) trialSlots.release(key, nowMs);
  return trial;
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
  { children, revisions, rollout }: { children: ChildrenResult; revisions: readonly RevisionView[]; rollout: Rollout },
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
  const newRevision = children.latest !== writer.fn.status?.latestRevision;
  if (rollout.obsolete.length > 0 || newRevision || children.replacedBundle) {
    await ctx.bundles.collect(writer, children.bundle);
  }
}

function slotIsOver({ startedAt }: Trial, nowMs: number): boolean {
  return startedAt !== undefined && nowMs - Date.parse(startedAt) >= SLOT_MS;
}

function outcome(
  { problems }: ChildrenResult,
  { stuck, rollout, trial }: { stuck: boolean; rollout: Rollout | undefined; trial: Trial | undefined },
): Outcome {
  if (trial?.answeredAt !== undefined) return { againInMs: ROUTED_AGAIN_MS };
  if (stuck) return { againInMs: MOUNT_EVENTS_AGAIN_MS };
  if (problems.routeProblem?.reason === 'NameTaken' || problems.revisionProblem !== undefined) {
    return { againInMs: LOOK_AGAIN_MS };
  }
  const { failure, againInMs } = rollout ?? {};
  if (failure !== undefined) return { againInMs: Math.min(failure.terminalInMs ?? LOOK_AGAIN_MS, LOOK_AGAIN_MS) };
  const soonest = Math.min(
    againInMs ?? Number.POSITIVE_INFINITY,
    trial === undefined ? Number.POSITIVE_INFINITY : SLOT_MS,
  );
  return Number.isFinite(soonest) ? { againInMs: soonest } : {};
}

/** Kubelet tells of a Secret that it cannot mount in Events alone. */
function podsThatMayMissAMount(fn: FunctionObject, pods: readonly Pod[]): Pod[] {
  if (fn.spec.secrets === undefined) return [];
  return pods.filter((pod) => {
    const waitsForVolumes = functionContainer(pod)?.state?.waiting?.reason === 'ContainerCreating';
    return waitsForVolumes && pod.metadata?.deletionTimestamp === undefined;
  });
}

async function startNews(
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
