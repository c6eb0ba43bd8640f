import type { Registry } from 'prom-client';
import type { FunctionObject } from '#api/function.ts';
import { functionKey } from '#api/rules/function-key.ts';
import { EventRecorder } from '#platform/controller/event-recorder.ts';
import { type Outcome, WorkQueue } from '#platform/controller/work-queue.ts';
import type { ObjectView } from '#platform/informer/object-view.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { isConflict, isNamespaceLeaving } from '#platform/kube/error.ts';
import type { Lifecycle } from '#platform/process/lifecycle.ts';
import type { Log } from '#platform/process/log.ts';
import { informerMetrics, type WorkQueueMetrics, workQueueMetrics } from '#platform/process/metrics.ts';
import type { OperatorConfig } from './config.ts';
import { type OperatorMetrics, operatorMetrics } from './metrics.ts';
import { PolicyController } from './network/policy-controller.ts';
import { setReplicas } from './reconcile/apply-children.ts';
import { BundleStore } from './reconcile/bundle-store.ts';
import type { Context } from './reconcile/context.ts';
import { DesiredRevisions } from './reconcile/desired-revision.ts';
import { DriftRepair } from './reconcile/drift-repair.ts';
import { FailingPods } from './reconcile/failing-pods.ts';
import { reconcileFunction, SLOT_MS } from './reconcile/reconcile-function.ts';
import { StatusWriter } from './reconcile/status-writer.ts';
import { TrialSlots } from './reconcile/trial-slots.ts';
import { Routing } from './routing/routing.ts';
import { Autoscaler } from './scaling/autoscaler.ts';
import { RoutedRevisions } from './scaling/routed-revisions.ts';
import { allAsleep, scaledFunctions } from './scaling/scaled-functions.ts';
import { Scraper } from './scaling/scrape.ts';
import { startCompiler } from './source/start-compiler.ts';
import { type Watches, watchCluster } from './watches/cluster.ts';
import { ReferencedConfigMaps } from './watches/config-maps.ts';

export interface OperatorOptions {
  kube: KubeClient;
  config: OperatorConfig;
  log: Log;
  registry: Registry;
  lifecycle: Pick<Lifecycle, 'stopping' | 'onStop'>;
  /** Resolves when this operator may write; absent: it is the only one. */
  elected?: Promise<void> | undefined;
}

/** Longest one activator may take to give its metrics, in milliseconds. */
const SCRAPE_DEADLINE_MS = 800;
/** New revisions that are started at once only to try them. */
const TRIAL_SLOTS = { most: 4, mostInNamespace: 2, heldMs: SLOT_MS };

/** How a function's key comes to be worked on. */
interface Due {
  now: (key: string) => void;
  /** After a short delay, in which more may happen: a start has better use for the processor than a report on each step. */
  soon: (key: string) => void;
}
const CHILD_DELAY_MS = 100;
const CONFLICT_AGAIN_MS = 50;

/** Why the operator is not ready, or undefined when it is. */
export type Readiness = () => string | undefined;

/**
 * Starts everything. Once it is elected and all that it watches was read, it works on Functions; before that it only
 * watches, so as to begin at once. Ready is one that stands by, too. Stops with the lifecycle.
 */
export function startOperator(options: OperatorOptions): Readiness {
  const { kube, config, log, registry, lifecycle, elected } = options;
  const metrics = operatorMetrics(registry);
  const due: Due = { soon: () => undefined, now: () => undefined };
  const onChild = (key: string) => due.soon(key);
  const watches = watchCluster({ kube, config, log, metrics: informerMetrics(registry), lifecycle, onChild });
  const context = makeContext(options, { watches, due, metrics });
  let known = false;
  void watches.synced.then(() => {
    known = true;
  });
  void Promise.all([watches.synced, elected])
    .then(() => context.routing.begin(lifecycle.stopping))
    .then(() => {
      if (!lifecycle.stopping.aborted) work(options, { watches, context, metrics, due });
    });
  return () => (known ? undefined : 'the cluster has not been read yet');
}

interface Parts {
  watches: Watches;
  context: Context;
  metrics: OperatorMetrics;
  due: Due;
}

/** From here on it writes. */
function work(options: OperatorOptions, { watches, context, metrics, due }: Parts): void {
  const queueMetrics = workQueueMetrics(options.registry);
  const queue = startQueue(options, context, queueMetrics);
  due.now = (key) => queue.add(key);
  due.soon = (key) => queue.addAfter(key, CHILD_DELAY_MS);
  const autoscaler = startAutoscaler(options, { watches, context, metrics, due });
  context.scalingOf = (uid) => autoscaler.scalingOf(uid);
  controlPolicies(options, { watches, context, queueMetrics });
  followFunctions(watches.functions, context, due);
}

function controlPolicies(
  { kube, config, log, lifecycle }: OperatorOptions,
  { watches, context, queueMetrics }: { watches: Watches; context: Context; queueMetrics: WorkQueueMetrics },
): void {
  const { functions, policies } = watches;
  const rules = config.CATNAP_NETWORK_POLICY;
  if (rules === undefined || policies === undefined) return;
  const systemNamespace = config.CATNAP_SYSTEM_NAMESPACE;
  const { events } = context;
  const controller = new PolicyController({
    kube,
    functions,
    policies,
    rules,
    systemNamespace,
    events,
    log,
    metrics: queueMetrics,
  });
  lifecycle.onStop('network policies', () => controller[Symbol.asyncDispose]());
}

function makeContext(
  { kube, config, log, lifecycle }: OperatorOptions,
  { watches, due, metrics }: { watches: Watches; due: Due; metrics: OperatorMetrics },
): Context {
  const onDone = (key: string) => due.now(key);
  const compiler = startCompiler({ config, log, lifecycle, onDone, onCompiled: metrics.compiled });
  const events = new EventRecorder({ kube, component: 'catnap-operator', log });
  lifecycle.onStop('events', () => events[Symbol.asyncDispose]());
  const configMaps = new ReferencedConfigMaps(watches.configMaps, (key) => due.now(key));
  const { functions } = watches;
  const onAffected = (key: string) => due.now(key);
  const routing = new Routing({ kube, config, log, functions, events, onAffected, nowMs: Date.now });
  lifecycle.onStop('routing', () => routing[Symbol.asyncDispose]());
  return {
    kube,
    log,
    config,
    functions,
    children: watches.children,
    configMaps,
    desired: new DesiredRevisions(configMaps),
    bundles: new BundleStore(compiler, configMaps),
    drift: new DriftRepair(Date.now),
    statuses: new StatusWriter(kube),
    failingPods: new FailingPods(),
    trialSlots: new TrialSlots({ ...TRIAL_SLOTS, onFree: onAffected }),
    routed: new RoutedRevisions(onAffected),
    routing,
    events,
    rolloutLimits: new Map(),
    scalingOf: () => undefined,
    nowMs: Date.now,
  };
}

function startQueue(
  { config, log, lifecycle }: OperatorOptions,
  context: Context,
  metrics: WorkQueueMetrics,
): WorkQueue {
  const queue = new WorkQueue({
    name: 'functions',
    run: (key, signal) => reconcileFunction(key, context, signal).catch(whatNext),
    concurrency: config.CATNAP_RECONCILES,
    backoffMaxMs: 30_000,
    log,
    metrics,
  });
  lifecycle.onStop('work queue', () => queue[Symbol.asyncDispose]());
  return queue;
}

function whatNext(error: unknown): Outcome {
  // A write met a newer object than the one it was decided on; the watch is about to show it.
  if (isConflict(error)) return { againInMs: CONFLICT_AGAIN_MS };
  // The Function goes with its namespace; its children may go before it.
  if (isNamespaceLeaving(error)) return {};
  throw error;
}

function startAutoscaler(
  { kube, config, log, lifecycle }: OperatorOptions,
  { watches, context, metrics, due }: Parts,
): Autoscaler {
  const { statuses, routed } = context;
  const scraper = new Scraper({
    deadlineMs: SCRAPE_DEADLINE_MS,
    onFailure: (url, error) => {
      metrics.scrapeFailed();
      log.debug({ url, err: error }, 'activator not measured');
    },
  });
  const autoscaler = new Autoscaler({
    everyMs: config.CATNAP_SCRAPE_SECONDS * 1000,
    functions: () => scaledFunctions(watches, statuses),
    atMost: (uid) => context.rolloutLimits.get(uid),
    asleep: () => allAsleep(watches),
    scrape: (signal) => scraper.scrape(watches.activators(), signal),
    setReplicas: (deployment, replicas, signal) => setReplicas({ kube, signal }, deployment, replicas),
    isConflict,
    onDecision: (key, replicas) => {
      metrics.desired(key, replicas);
      due.now(key);
    },
    onLearned: due.soon,
    onScrape: (scrape) => routed.record(scrape),
    onGone: metrics.forget,
    log,
    // Unlike the time of day it never jumps.
    nowMs: () => performance.timeOrigin + performance.now(),
  });
  lifecycle.onStop('autoscaler', async () => {
    await autoscaler[Symbol.asyncDispose]();
    scraper[Symbol.dispose]();
  });
  return autoscaler;
}

/** Each change of a Function is worked on; at a start the oldest first, for who asked for a route first shall have it. */
function followFunctions(functions: ObjectView<FunctionObject>, context: Context, due: Due): void {
  for (const { metadata } of functions.list().sort(byAge)) due.now(functionKey(metadata.namespace, metadata.name));
  let following = false;
  functions.onChange((change) => {
    // Those that are there already are told of at once: each is due by now.
    if (!following) return;
    const { metadata } = change.object;
    due.now(functionKey(metadata.namespace, metadata.name));
    if (change.type === 'updated') return;
    context.routing.cameOrWent(change.object);
    if (change.type === 'added') return;
    context.statuses.forget(metadata.uid);
    context.bundles.forget(metadata.uid);
    context.desired.forget(metadata.uid);
    context.drift.forget(metadata.uid);
    context.rolloutLimits.delete(metadata.uid);
  });
  following = true;
}

function byAge({ metadata: a }: FunctionObject, { metadata: b }: FunctionObject): number {
  if (a.creationTimestamp !== b.creationTimestamp) return a.creationTimestamp < b.creationTimestamp ? -1 : 1;
  return functionKey(a.namespace, a.name) < functionKey(b.namespace, b.name) ? -1 : 1;
}
