import type { Registry } from 'prom-client';
import type { FunctionObject } from '#api/function.ts';
import { functionKey, namesIn } from '#api/rules/function-key.ts';
import { EventRecorder } from '#platform/controller/event-recorder.ts';
import { type Outcome, WorkQueue } from '#platform/controller/work-queue.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { isConflict, isNamespaceLeaving } from '#platform/kube/error.ts';
import type { Lifecycle } from '#platform/process/lifecycle.ts';
import type { Log } from '#platform/process/log.ts';
import { informerMetrics, type WorkQueueMetrics, workQueueMetrics } from '#platform/process/metrics.ts';
import type { OperatorConfig } from './config.ts';
import type { IssuerTimes } from './issuers/issuer-reach.ts';
import { reachIssuers } from './issuers/reach-issuers.ts';
import { type OperatorMetrics, operatorMetrics } from './metrics.ts';
import { PolicyController } from './network/policy-controller.ts';
import { BundleStore } from './reconcile/bundle-store.ts';
import type { Context } from './reconcile/context.ts';
import { DesiredRevisions } from './reconcile/desired-revision.ts';
import { DriftRepair } from './reconcile/drift-repair.ts';
import { FailingPods } from './reconcile/failing-pods.ts';
import { followFunctions } from './reconcile/follow-functions.ts';
import { reconcileFunction, SLOT_MS } from './reconcile/reconcile-function.ts';
import { setReplicas } from './reconcile/set-replicas.ts';
import { StatusWriter } from './reconcile/status-writer.ts';
import { TrialSlots } from './reconcile/trial-slots.ts';
import { Routing } from './routing/routing.ts';
import { Autoscaler } from './scaling/autoscaler.ts';
import { ReplicaWriter } from './scaling/replica-writer.ts';
import { RoutedRevisions } from './scaling/routed-revisions.ts';
import { scaledFunctions } from './scaling/scaled-functions.ts';
import { Scraper } from './scaling/scrape.ts';
import { startCompiler } from './source/start-compiler.ts';
import { type Watches, watchCluster } from './watches/cluster.ts';
import { ReferencedConfigMaps } from './watches/config-maps.ts';

interface OperatorOptions {
  kube: KubeClient;
  config: OperatorConfig;
  log: Log;
  registry: Registry;
  lifecycle: Pick<Lifecycle, 'stopping' | 'onStop' | 'fail'>;
  /** Resolves when this operator may write; absent: it is the only one. */
  elected?: Promise<void> | undefined;
  /** How often issuers of tokens are asked; absent: as users are told. */
  issuerTimes?: IssuerTimes | undefined;
}

/** Longest one activator may take to give its metrics, in milliseconds. */
const SCRAPE_DEADLINE_MS = 800;
/** New revisions that are started at once only to try them. */
const TRIAL_SLOTS = { most: 4, mostInNamespace: 2, heldMs: SLOT_MS };

/** Debounce of changed children, in milliseconds, so that status updates do not compete with a cold start for CPU. */
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
  const queueMetrics = workQueueMetrics(registry);
  const queue = new WorkQueue({
    name: 'functions',
    paused: true,
    run: (key, signal) => reconcileFunction(key, context, signal).catch(whatNext),
    concurrency: config.CATNAP_RECONCILES,
    backoffMaxMs: 30_000,
    log,
    metrics: queueMetrics,
  });
  // The start adds every function there is: what happens before need not be kept.
  const onChild = (key: string) => queue.isPaused || queue.addAfter(key, CHILD_DELAY_MS);
  const watches = watchCluster({ kube, config, log, metrics: informerMetrics(registry), lifecycle, onChild });
  const context = makeContext(options, { watches, queue, metrics, queueMetrics });
  lifecycle.onStop('work queue', () => queue[Symbol.asyncDispose]());
  let known = false;
  void watches.synced.then(() => {
    known = true;
  });
  void Promise.all([watches.synced, elected])
    .then(() => context.routing.begin(lifecycle.stopping))
    .then(() => {
      if (!lifecycle.stopping.aborted) work(options, { watches, context, metrics, queue, queueMetrics });
    })
    .catch((error) => lifecycle.stopping.aborted || lifecycle.fail(error));
  return () => (known ? undefined : 'the cluster has not been read yet');
}

interface Parts {
  watches: Watches;
  context: Context;
  metrics: OperatorMetrics;
  queue: WorkQueue;
  queueMetrics: WorkQueueMetrics;
}

/** From here on it writes. */
function work(options: OperatorOptions, parts: Parts): void {
  const { watches, context, queue } = parts;
  startAutoscaler(options, parts);
  controlPolicies(options, parts);
  followFunctions(watches.functions, {
    queue,
    onCame: (fn) => context.routing.cameOrWent(fn),
    onGone: (fn) => {
      context.routing.cameOrWent(fn);
      forget(parts, fn);
    },
  }).catch((error) => options.lifecycle.fail(error));
}

function forget({ watches, context, metrics }: Parts, { metadata: { uid, namespace, name } }: FunctionObject): void {
  const { statuses, bundles, desired, drift, rolloutLimits } = context;
  for (const one of [statuses, bundles, desired, drift]) one.forget(uid);
  rolloutLimits.delete(uid);
  // The autoscaler does not follow one that sleeps.
  if (!watches.functions.has(namespace, name)) metrics.forget(functionKey(namespace, name));
}

function controlPolicies(
  { kube, config, log, lifecycle }: OperatorOptions,
  { watches, context, queueMetrics }: Parts,
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
  options: OperatorOptions,
  { watches, queue, metrics, queueMetrics }: Omit<Parts, 'context'>,
): Context {
  const { kube, config, log, lifecycle } = options;
  const { functions } = watches;
  const isDue = (key: string) => queue.add(key);
  const issuers = reachIssuers({ ...options, metrics: queueMetrics, onNews: isDue });
  const compiler = startCompiler({ config, log, lifecycle, onDone: isDue, onCompiled: metrics.compiled });
  const events = new EventRecorder({ kube, component: 'catnap-operator', log });
  lifecycle.onStop('events', () => events[Symbol.asyncDispose]());
  const configMaps = new ReferencedConfigMaps(watches.configMaps, (key) => queue.add(key, 'high'));
  const routing = new Routing({ kube, config, log, functions, events, onAffected: isDue, nowMs: Date.now });
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
    trialSlots: new TrialSlots({ ...TRIAL_SLOTS, onFree: isDue }),
    routed: new RoutedRevisions(isDue),
    routing,
    issuers,
    events,
    replicas: new ReplicaWriter({
      setReplicas: (deployment, replicas, signal) => setReplicas({ kube, signal }, deployment, replicas),
      log,
    }),
    rolloutLimits: new Map(),
    scalings: new Map(),
    nowMs: Date.now,
  };
}

function whatNext(error: unknown): Outcome {
  // A write met a newer object than the one it was decided on; the watch is about to show it.
  if (isConflict(error)) return { againInMs: CONFLICT_AGAIN_MS };
  // The Function goes with its namespace; its children may go before it.
  if (isNamespaceLeaving(error)) return {};
  throw error;
}

function startAutoscaler(
  { config, log, lifecycle }: OperatorOptions,
  { watches, context, metrics, queue }: Parts,
): void {
  const { statuses, routed, scalings } = context;
  const scraper = new Scraper({
    deadlineMs: SCRAPE_DEADLINE_MS,
    onFailure: (url, error) => {
      metrics.scrapeFailed();
      log.debug({ url, err: error }, 'activator not measured');
    },
  });
  const autoscaler = new Autoscaler({
    everyMs: config.CATNAP_SCRAPE_SECONDS * 1000,
    functions: (also) => scaledFunctions(watches, statuses, also),
    exists: (key) => watches.functions.has(...namesIn(key)),
    atMost: (uid) => context.rolloutLimits.get(uid),
    scalings,
    asleep: () => watches.awake.none,
    scrape: (signal) => scraper.scrape(watches.activators(), signal),
    writer: context.replicas,
    isConflict,
    onDecision: (key, replicas) => {
      metrics.desired(key, replicas);
      queue.add(key);
    },
    onLearned: (key) => queue.addAfter(key, CHILD_DELAY_MS),
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
}
