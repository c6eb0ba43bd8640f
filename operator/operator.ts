import type { Registry } from 'prom-client';
import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import { LABEL } from '#api/names.ts';
import { EventRecorder } from '#platform/events.ts';
import { Informer } from '#platform/informer.ts';
import type { KubeClient } from '#platform/kube.ts';
import { isConflict } from '#platform/kube-error.ts';
import type { Lifecycle } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { type InformerMetrics, informerMetrics, workQueueMetrics } from '#platform/metrics.ts';
import {
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  type EndpointSlice,
  type KubeObject,
  PODS,
  type Resource,
  SERVICES,
} from '#platform/resources.ts';
import { type Outcome, WorkQueue } from '#platform/work-queue.ts';
import { activatorUrls } from './autoscaler/activators.ts';
import { Autoscaler, type ScaledFunction } from './autoscaler/loop.ts';
import { Scraper } from './autoscaler/scrape.ts';
import { Bundles } from './bundles.ts';
import { checkFunction } from './checked-function.ts';
import { setReplicas } from './child-writes.ts';
import { type Children, FunctionIndex } from './children-index.ts';
import type { OperatorConfig } from './config.ts';
import { ConfigMapWatches } from './config-map-watches.ts';
import type { Context } from './context.ts';
import { reconcileFunction } from './controller.ts';
import { isControlledBy } from './function/children.ts';
import { routeNeighbours } from './function/routes.ts';
import { type OperatorMetrics, operatorMetrics } from './metrics.ts';
import { Compiler } from './source/compiler.ts';
import { StatusBook } from './status-book.ts';

export interface OperatorOptions {
  kube: KubeClient;
  config: OperatorConfig;
  log: Log;
  registry: Registry;
  lifecycle: Pick<Lifecycle, 'stopping' | 'onStop'>;
}

/** Longest one activator may take to give its metrics, in milliseconds. */
const SCRAPE_DEADLINE_MS = 800;
const COMPILE_DEADLINE_MS = 30_000;

/** How a function's key comes to be worked on. */
interface Due {
  now: (key: string) => void;
  /** After a short delay, in which more may happen: a start has better use for the processor than a report on each step. */
  soon: (key: string) => void;
}
const CHILD_DELAY_MS = 100;
const CONFLICT_AGAIN_MS = 50;

/** What is heard of the cluster. */
interface Watches {
  functions: Informer<FunctionObject>;
  children: Children;
  activators: () => string[];
  all: Informer<KubeObject>[];
}

/** Why the operator is not ready, or undefined when it is. */
export type Readiness = () => string | undefined;

/** Starts everything; it works on Functions once all that it watches was read. Stops with the lifecycle. */
export function startOperator(options: OperatorOptions): Readiness {
  const { registry, lifecycle } = options;
  const metrics = operatorMetrics(registry);
  const due: Due = { soon: () => undefined, now: () => undefined };
  const watches = watch(options, informerMetrics(registry), due);
  const context = makeContext(options, { watches, due, metrics });
  let working = false;
  void Promise.all(watches.all.map((informer) => informer.synced)).then(() => {
    if (lifecycle.stopping.aborted) return;
    const queue = startQueue(options, context);
    due.now = (key) => queue.add(key);
    due.soon = (key) => queue.addAfter(key, CHILD_DELAY_MS);
    const autoscaler = startAutoscaler(options, { watches, statuses: context.statuses, metrics, due });
    context.scalingOf = (uid) => autoscaler.scalingOf(uid);
    followFunctions(watches.functions, context, due);
    working = true;
  });
  return () => (working ? undefined : 'the cluster has not been read yet');
}

function makeContext(
  { kube, config, log, lifecycle }: OperatorOptions,
  { watches, due, metrics }: { watches: Watches; due: Due; metrics: OperatorMetrics },
): Context {
  const compiler = new Compiler({
    idleMs: config.CATNAP_BUNDLER_IDLE_SECONDS * 1000,
    deadlineMs: COMPILE_DEADLINE_MS,
    onBuilt: metrics.compiled,
  });
  lifecycle.onStop('compiler', () => compiler[Symbol.asyncDispose]());
  const events = new EventRecorder({ kube, component: 'catnap-operator', log });
  lifecycle.onStop('events', () => events[Symbol.asyncDispose]());
  const configMaps = new ConfigMapWatches({ kube, log, onChange: (key) => due.now(key) });
  lifecycle.onStop('config maps', () => configMaps[Symbol.asyncDispose]());
  return {
    kube,
    log,
    config,
    functions: watches.functions,
    children: watches.children,
    configMaps,
    bundles: new Bundles(compiler),
    statuses: new StatusBook(kube),
    events,
    scalingOf: () => undefined,
    nowMs: Date.now,
  };
}

function watch({ kube, config, log, lifecycle }: OperatorOptions, metrics: InformerMetrics, due: Due): Watches {
  const all: Informer<KubeObject>[] = [];
  const follow = <T extends KubeObject>(
    resource: Resource<T>,
    selection: { labelSelector?: string; namespace?: string },
  ) => {
    const informer = new Informer<T>({ kube, resource, log, metrics, ...selection });
    lifecycle.onStop(`watch of ${resource.plural}`, () => informer[Symbol.asyncDispose]());
    all.push(informer as unknown as Informer<KubeObject>);
    return informer;
  };
  const ours = { labelSelector: LABEL.function };
  const onChild = (key: string) => due.soon(key);
  const fixed = config.CATNAP_ACTIVATOR_URLS;
  let activators = () => fixed ?? [];
  if (fixed === undefined) {
    const slices: Informer<EndpointSlice> = follow(ENDPOINT_SLICES, {
      namespace: config.CATNAP_SYSTEM_NAMESPACE,
      labelSelector: `kubernetes.io/service-name=${config.CATNAP_ACTIVATOR_SERVICE}`,
    });
    activators = () => activatorUrls(slices.list());
  }
  return {
    functions: follow<FunctionObject>(FUNCTIONS, {}),
    children: {
      deployments: new FunctionIndex(follow(DEPLOYMENTS, ours), onChild),
      pods: new FunctionIndex(follow(PODS, ours), onChild),
      services: new FunctionIndex(follow(SERVICES, ours), onChild),
    },
    activators,
    all,
  };
}

function startQueue({ config, log, registry, lifecycle }: OperatorOptions, context: Context): WorkQueue {
  const queue = new WorkQueue({
    name: 'functions',
    run: (key, signal) => reconcileFunction(key, context, signal).catch(soonAgain),
    concurrency: config.CATNAP_RECONCILES,
    backoffMaxMs: 30_000,
    log,
    metrics: workQueueMetrics(registry),
  });
  lifecycle.onStop('work queue', () => queue[Symbol.asyncDispose]());
  return queue;
}

/** A write met a newer object than the one it was decided on; the watch is about to show it. */
function soonAgain(error: unknown): Outcome {
  if (isConflict(error)) return { againInMs: CONFLICT_AGAIN_MS };
  throw error;
}

function startAutoscaler(
  { kube, config, log, lifecycle }: OperatorOptions,
  { watches, statuses, metrics, due }: { watches: Watches; statuses: StatusBook; metrics: OperatorMetrics; due: Due },
): Autoscaler {
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
    scrape: (signal) => scraper.scrape(watches.activators(), signal),
    setReplicas: (deployment, replicas, signal) => setReplicas({ kube, signal }, deployment, replicas),
    isConflict,
    onDecision: (key, replicas) => {
      metrics.desired(key, replicas);
      due.now(key);
    },
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

function scaledFunctions({ functions, children }: Watches, statuses: StatusBook): ScaledFunction[] {
  return functions.list().flatMap((stored) => {
    const checked = checkFunction(stored);
    if ('mistakes' in checked || stored.metadata.deletionTimestamp !== undefined) return [];
    const fn = statuses.withStatus(checked.fn);
    const key = `${fn.metadata.namespace}/${fn.metadata.name}`;
    const own = children.deployments.of(key).filter((deployment) => isControlledBy(deployment, fn));
    return [{ key, fn, deployments: new Map(own.map((deployment) => [deployment.metadata?.name ?? '', deployment])) }];
  });
}

/** Each change of a Function is worked on, and with it those that may want the same addresses. */
function followFunctions(functions: Informer<FunctionObject>, context: Context, due: Due): void {
  functions.onChange((change) => {
    const { metadata } = change.object;
    due.now(`${metadata.namespace}/${metadata.name}`);
    if (change.type === 'deleted') {
      context.statuses.forget(metadata.uid);
      context.bundles.forget(metadata.uid);
    }
    if (change.type === 'updated' && change.before.metadata.generation === metadata.generation) return;
    const before = change.type === 'updated' ? [change.before] : [];
    for (const other of routeNeighbours([change.object, ...before], functions.list(), context.config.CATNAP_DOMAIN)) {
      due.now(`${other.metadata.namespace}/${other.metadata.name}`);
    }
  });
}
