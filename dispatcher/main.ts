/** Work that nobody waits for: taken from gateways, kept on disk, and delivered through them. */
import { hostname } from 'node:os';
import type { Registry } from 'prom-client';
import { clusterAccess } from '#platform/access/cluster-access.ts';
import { CredentialFile } from '#platform/access/credential-file.ts';
import type { ClusterAccess } from '#platform/access/credentials.ts';
import { ReachableAddresses } from '#platform/addresses/reachable-addresses.ts';
import { KubeClient } from '#platform/kube/client.ts';
import { readConfig } from '#platform/process/config.ts';
import { compileLightly, LeanWhileIdle } from '#platform/process/lean-heap.ts';
import { type Lifecycle, runProcess } from '#platform/process/lifecycle.ts';
import { createLog } from '#platform/process/log.ts';
import { createRegistry, informerMetrics, metricsOf } from '#platform/process/metrics.ts';
import { OpsServer } from '#platform/process/ops-server.ts';
import { systemClock } from '#platform/time/clock.ts';
import { KeyedWaits } from '#platform/time/keyed-waits.ts';
import { DispatcherConfig } from './config.ts';
import { Deliveries } from './delivery/deliveries.ts';
import { startGateways } from './delivery/start-gateways.ts';
import { FollowedFunctions } from './functions/follow-functions.ts';
import { startIntake } from './intake/start-intake.ts';
import { startInvocationsApi } from './invocations/start.ts';
import { deliveryMetrics, dispatcherCounters, dispatcherGauges } from './metrics.ts';
import { followTriggers } from './sources/follow-triggers.ts';
import type { Triggers } from './sources/triggers.ts';
import { ConservationCheck } from './store/conservation-check.ts';
import { type OpenedStore, openStore } from './store/open-store.ts';
import { DEFAULT_LIMITS, type Limits } from './store/store.ts';

const MIB = 1_048_576;
/** How long a stop waits for deliveries: gateways go on with them, and the next process takes them over. */
const DRAIN_MS = 1_500;

/** Without work for so long, up to twice, it is idle. */
const HEAP_LOOK_MS = 10_000;

const config = readConfig(DispatcherConfig, process.env);
const log = createLog({ service: 'catnap-dispatcher', level: config.CATNAP_LOG_LEVEL });

/** Parts stop in the reverse of the order in which they are begun here. */
async function start(lifecycle: Lifecycle): Promise<void> {
  const access = await clusterAccess(config);
  log.info({ server: access.server, access: access.source }, 'using cluster');
  const registry = createRegistry();
  const informers = informerMetrics(registry);
  const knows = (uid: string) => functions.policyOf(uid) !== undefined;
  const counted = { intake: dispatcherCounters(registry), deliveries: deliveryMetrics(registry, knows) };
  const store = await beginStore(lifecycle);
  const kube = new KubeClient(access, { userAgent: 'catnap-dispatcher' });
  lifecycle.onStop('API client', () => kube[Symbol.asyncDispose]());
  const heap = leanWhileIdle(lifecycle);
  const known = new KeyedWaits(systemClock);
  const ended = new KeyedWaits(systemClock);
  const functions = new FollowedFunctions({
    ...{ store, kube, log, metrics: informers, lifecycle },
    namespaces: config.CATNAP_NAMESPACES,
    news: {
      known: (uid) => {
        known.tell(uid);
        const fn = functions.policyOf(uid);
        if (fn !== undefined) triggers.functionChanged(fn);
      },
      changed: (uid) => deliveries.wake(uid),
      gone: (owner) => {
        counted.deliveries.forget(owner);
        triggers.functionChanged(owner);
      },
    },
  });
  const triggers: Triggers = followTriggers({
    ...{ store, kube, functions, log, metrics: informers, lifecycle },
    namespaces: config.CATNAP_NAMESPACES,
    enqueued: (uid) => deliveries.wake(uid),
    turns: turnsIn(access),
  });
  const gateways = startGateways({ config, kube, clock: systemClock, log, metrics: informers, lifecycle });
  const deliveries = new Deliveries({
    ...{ store, clock: systemClock, wallMs: Date.now, random: Math.random, log, metrics: counted.deliveries },
    policies: { of: (uid, id) => triggers.policyOf(functions.policyOf(uid), id), uidOf: functions.uidOf },
    addresses: {
      addresses: new ReachableAddresses(config.CATNAP_DESTINATION_NETWORKS),
      allowHttp: config.CATNAP_DESTINATION_HTTP,
    },
    gateways: gateways.pool,
    ended: (id, state) => {
      heap.busy();
      ended.tell(id);
      triggers.ended(id, state);
    },
  });
  deliverUntilStop(deliveries, Promise.all([functions.synced, gateways.synced]), lifecycle);
  const parts = { access, registry, kube, store, functions, triggers, deliveries, known, ended, heap, lifecycle };
  await listen({ ...parts, intake: counted.intake });
}

interface Parts {
  access: ClusterAccess;
  registry: Registry;
  kube: KubeClient;
  store: OpenedStore;
  functions: FollowedFunctions;
  triggers: Triggers;
  deliveries: Deliveries;
  /** Told of each uid of a Function that becomes known. */
  known: KeyedWaits;
  /** Told of each id of an invocation that has ended. */
  ended: KeyedWaits;
  heap: LeanWhileIdle;
  intake: ReturnType<typeof dispatcherCounters>;
  lifecycle: Lifecycle;
}

/** Resolves when all ports are open. */
async function listen(parts: Parts): Promise<void> {
  const { store, functions, triggers, deliveries, known, ended, heap, kube, lifecycle } = parts;
  const opsPort = await serveOps(parts);
  const { port } = await startInvocationsApi({
    ...{ store, access: parts.access, log, lifecycle, host: config.HOST, port: config.CATNAP_INVOCATIONS_PORT },
    functionUid: functions.uidOf,
    redriven: (uid) => deliveries.wake(uid),
    cancelled: (id) => {
      ended.tell(id);
      triggers.ended(id, 'cancelled');
    },
  });
  const intake = await startIntake({
    ...{ store, functions, known, ended, kube, log, clock: systemClock, metrics: parts.intake },
    accepted: (uid) => {
      heap.busy();
      deliveries.wake(uid);
    },
    ownToken: new CredentialFile(config.CATNAP_GATEWAY_TOKEN_FILE),
    subject: config.CATNAP_ACTIVATOR_SUBJECT,
    port: config.CATNAP_INTAKE_PORT,
    host: config.HOST,
    stopping: lifecycle.stopping,
  });
  lifecycle.onStop('intake', () => intake[Symbol.asyncDispose]());
  log.info({ port, intakePort: intake.port, opsPort }, 'listening');
}

/** Resolves with the port. */
async function serveOps({ registry, store, functions, ended, lifecycle }: Parts): Promise<number> {
  const pauseMs = config.CATNAP_STORE_COUNT_SECONDS * 1_000;
  const check = new ConservationCheck({ store, clock: systemClock, log, pauseMs });
  lifecycle.onStop('count of the store', () => check[Symbol.dispose]());
  dispatcherGauges(registry, {
    store: async () => {
      const [totals, counts, space] = await Promise.all([store.totals(), store.counts(), store.space()]);
      return { totals, functions: counts, space };
    },
    unaccounted: () => check.found,
    waits: () => ended.size,
  });
  const ready = () => (functions.hasSynced ? undefined : 'the functions were not listed yet');
  const ops = await OpsServer.start({
    ...(config.HOST !== undefined && { host: config.HOST }),
    port: config.CATNAP_OPS_PORT,
    metrics: metricsOf(registry),
    readiness: [{ name: 'functions', notReady: ready }],
    log,
  });
  lifecycle.onStop('ops server', () => ops[Symbol.asyncDispose]());
  return ops.port;
}

/** Nothing is delivered before Functions and gateways are known; a stop leases nothing from its first moment on. */
function deliverUntilStop(deliveries: Deliveries, known: Promise<unknown>, lifecycle: Lifecycle): void {
  const drain = () => deliveries.drain(AbortSignal.timeout(DRAIN_MS));
  lifecycle.stopping.addEventListener('abort', () => void drain(), { once: true });
  lifecycle.onStop('deliveries', drain);
  void known.then(() => deliveries.start());
}

/** Without its store the process ends: what comes then would only be refused. */
async function beginStore(lifecycle: Lifecycle): Promise<OpenedStore> {
  // In the image the thread's program is a file beside this one.
  const worker = import.meta.filename.endsWith('.ts') ? undefined : new URL('./store-worker.mjs', import.meta.url);
  const { CATNAP_STORE_FOLDER: folder, CATNAP_STORE_URL_FILE: urlFile } = config;
  const store = await openStore({ folder, urlFile, limits: limits(), worker });
  let isStopping = false;
  void store.ended.then(() => {
    if (!isStopping) lifecycle.fail(new Error('the store ended by itself'));
  });
  lifecycle.onStop('store', () => {
    isStopping = true;
    return store.close();
  });
  return store;
}

/** Of a store of its own no other process works schedules. */
function turnsIn(access: ClusterAccess) {
  const { CATNAP_SCHEDULES_LEASE: name, CATNAP_SYSTEM_NAMESPACE: namespace, POD_NAME } = config;
  if (name === undefined || namespace === undefined) return undefined;
  return { access, name, namespace, identity: POD_NAME ?? `${hostname()}-${process.pid}` };
}

function limits(): Limits {
  const { CATNAP_ASYNC_FUNCTION_ENTRIES: entries, CATNAP_ASYNC_FUNCTION_MIB: mib } = config;
  const { CATNAP_ASYNC_NAMESPACE_ENTRIES: ofNamespace, CATNAP_ASYNC_NAMESPACE_MIB: mibOfNamespace } = config;
  return {
    ...DEFAULT_LIMITS,
    perFunction: { entries, bytes: mib * MIB },
    perNamespace: { entries: ofNamespace, bytes: mibOfNamespace * MIB },
  };
}

/** It waits for work most of the time, and then memory is what it costs a cluster; while there is work, processor time is. */
function leanWhileIdle(lifecycle: Lifecycle): LeanWhileIdle {
  const heap = new LeanWhileIdle();
  const timer = setInterval(() => heap.look(), HEAP_LOOK_MS);
  lifecycle.onStop('heap', () => clearInterval(timer));
  return heap;
}

compileLightly();
process.exit(await runProcess({ log, start }));
