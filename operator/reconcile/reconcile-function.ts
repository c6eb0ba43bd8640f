import type { FunctionObject } from '#api/function.ts';
import { functionKey } from '#api/rules/function-key.ts';
import type { Outcome } from '#platform/controller/work-queue.ts';
import { urlOf } from '../function/address.ts';
import { isControlledBy } from '../function/children.ts';
import { statusEvents } from '../function/events.ts';
import { type RevisionView, viewRevisions } from '../function/revision-view.ts';
import { knownFailure, planRollout, type Rollout } from '../function/rollout.ts';
import { invalidStatus, nextStatus, type Observation } from '../function/status.ts';
import { nextTrial, type Trial, type TrialStep } from '../function/trial.ts';
import { validateFunction } from '../function/validate-function.ts';
import { FIRST_ANSWER_MS } from '../issuers/issuer-reach.ts';
import type { RouteDecision } from '../routing/route-claims.ts';
import { changesOf, planReplicas, type ReplicaPlan, type RolloutState } from '../scaling/replica-plan.ts';
import type { Writer } from './apply-children.ts';
import { carryOut, putToSleep } from './carry-out.ts';
import type { Context } from './context.ts';
import { type ChildrenResult, ensureChildren } from './ensure-children.ts';
import { issuerStandings } from './issuer-standings.ts';
import { podsThatMayMissAMount, startNews } from './start-news.ts';

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
    for (const one of [ctx.failingPods, ctx.routed, ctx.issuers]) one.forget(key);
    ctx.trialSlots.release(key, ctx.nowMs());
    if (stored !== undefined) {
      ctx.routing.forget(stored);
      const own = ctx.children.deployments.of(key).filter((deployment) => isControlledBy(deployment, stored));
      await putToSleep(ctx, { kube: ctx.kube, fn: stored, signal }, own);
    }
    return {};
  }
  ctx.statuses.heard(stored);
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
  const decided: Partial<Decided> =
    children.latest === undefined ? {} : decide(ctx, fn, { revisions, latest: children.latest, nowMs });
  const { rollout, trial, plan } = decided;
  limitServing(ctx, fn.metadata.uid, rollout);
  const scaling = ctx.scalings.get(fn.metadata.uid) ?? fn.status?.scaling;
  const issuers = issuerStandings(ctx.issuers, fn);
  const status = nextStatus(
    fn,
    {
      issuers,
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
  if (rollout !== undefined && plan !== undefined) {
    const deployments = revisions.map(({ deployment }) => deployment);
    await carryOut(ctx, writer, { children, deployments, rollout, plan });
  }
  const next = outcome(children, { stuck: stuck.length > 0, rollout, trial });
  return issuers.some(({ reach }) => reach === 'asking') ? atTheLatest(next, FIRST_ANSWER_MS) : next;
}

function atTheLatest({ againInMs = Number.POSITIVE_INFINITY }: Outcome, otherMs: number): Outcome {
  return { againInMs: Math.min(againInMs, otherMs) };
}

interface Decided {
  rollout: Rollout;
  trial: Trial | undefined;
  plan: ReplicaPlan;
}

function decide(
  ctx: Context,
  fn: FunctionObject,
  { revisions, latest, nowMs }: { revisions: readonly RevisionView[]; latest: string; nowMs: number },
): Decided {
  const { maxReplicas } = fn.spec.scaling;
  const servingBefore = fn.status?.revision;
  const known = knownFailure(fn.status);
  const before = { overtaken: fn.status?.overtaken, latest: fn.status?.latestRevision };
  const rollout = planRollout({ revisions, latest, servingBefore, before, knownFailure: known, maxReplicas, nowMs });
  const replicas = new Map(revisions.map(({ name, wantedReplicas }) => [name, wantedReplicas]));
  const state = rolloutState(rollout, latest);
  const plan = planReplicas({ replicas, rollout: state, maxReplicas });
  const view = revisions.find(({ name }) => name === latest);
  if (view === undefined) return { rollout, trial: undefined, plan };
  // Beside one that is awake it starts anyway.
  const startsAnyway = changesOf(plan, replicas).some((change) => change.revision === latest && change.replicas > 0);
  const { trial, start } = tryOut(ctx, fn, { latest: view, rollout, startsAnyway, nowMs });
  return {
    rollout,
    trial,
    plan: start ? planReplicas({ replicas, rollout: state, trialStarts: true, maxReplicas }) : plan,
  };
}

function rolloutState({ serving, latestStarts, overtaken }: Rollout, latest: string): RolloutState {
  const onTheirWay = overtaken.map(({ revision }) => revision);
  return { serving, latest, latestFailed: !latestStarts && serving !== latest, latestStarts, overtaken: onTheirWay };
}

function tryOut(
  { trialSlots, routed }: Context,
  fn: FunctionObject,
  seen: { latest: RevisionView; rollout: Rollout; startsAnyway: boolean; nowMs: number },
): TrialStep {
  const { latest, rollout, startsAnyway, nowMs } = seen;
  const key = functionKey(fn.metadata.namespace, fn.metadata.name);
  const next = nextTrial({
    before: fn.status,
    latest,
    startsAnyway,
    failed: rollout.failure?.terminal === true,
    wanted: fn.spec.scaling.tryOnChange,
    takeSlot: () => trialSlots.take(key, nowMs),
    routedEverywhere: () => routed.isRouted(key, latest.name),
    nowMs,
  });
  // One that cannot start now, such as for want of a node, or takes long, lets others try.
  const { trial } = next;
  const isOver = trial === undefined || trial.answeredAt !== undefined || rollout.failure !== undefined;
  if (isOver || slotIsOver(trial, nowMs)) trialSlots.release(key, nowMs);
  return next;
}

/** The autoscaler keeps to it from its next look on. */
function limitServing({ rolloutLimits }: Context, uid: string, rollout: Rollout | undefined): void {
  if (rollout?.atMost === undefined) rolloutLimits.delete(uid);
  else rolloutLimits.set(uid, rollout.atMost);
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

/** Where it answers, and which routes it was refused. */
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
