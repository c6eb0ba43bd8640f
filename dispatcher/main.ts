/** Work that nobody waits for: taken from gateways, kept on disk, and delivered through them. */
import { clusterAccess } from '#platform/access/cluster-access.ts';
import { CredentialFile } from '#platform/access/credential-file.ts';
import { KubeClient } from '#platform/kube/client.ts';
import { readConfig } from '#platform/process/config.ts';
import { compileLightly, keepHeapLean } from '#platform/process/lean-heap.ts';
import { type Lifecycle, runProcess } from '#platform/process/lifecycle.ts';
import { createLog } from '#platform/process/log.ts';
import { createRegistry, informerMetrics, metricsOf } from '#platform/process/metrics.ts';
import { OpsServer } from '#platform/process/ops-server.ts';
import { systemClock } from '#platform/time/clock.ts';
import { KeyedWaits } from '#platform/time/keyed-waits.ts';
import { DispatcherConfig } from './config.ts';
import { FollowedFunctions } from './functions/follow-functions.ts';
import { startIntake } from './intake/start-intake.ts';
import { startInvocationsApi } from './invocations/start.ts';
import { dispatcherCounters, dispatcherGauges } from './metrics.ts';
import { ConservationCheck } from './store/conservation-check.ts';
import type { EmbeddedStore } from './store/embedded-store.ts';
import { openStore } from './store/open-store.ts';
import { DEFAULT_LIMITS, type Limits } from './store/store.ts';

const MIB = 1_048_576;

const config = readConfig(DispatcherConfig, process.env);
const log = createLog({ service: 'catnap-dispatcher', level: config.CATNAP_LOG_LEVEL });

/** Parts stop in the reverse of the order in which they stand here. */
async function start(lifecycle: Lifecycle): Promise<void> {
  const access = await clusterAccess(config);
  log.info({ server: access.server, access: access.source }, 'using cluster');
  const registry = createRegistry();
  const counters = dispatcherCounters(registry);
  const store = await beginStore(lifecycle);
  const kube = new KubeClient(access, { userAgent: 'catnap-dispatcher' });
  lifecycle.onStop('API client', () => kube[Symbol.asyncDispose]());

  const known = new KeyedWaits(systemClock);
  const ended = new KeyedWaits(systemClock);
  const functions = new FollowedFunctions({
    store,
    kube,
    namespaces: config.CATNAP_NAMESPACES,
    news: { known: (uid) => known.tell(uid), changed: () => undefined, gone: () => undefined },
    log,
    metrics: informerMetrics(registry),
    lifecycle,
  });
  const check = new ConservationCheck(store, systemClock, log);
  lifecycle.onStop('count of the store', () => check[Symbol.dispose]());
  dispatcherGauges(registry, {
    store: async () => {
      const [totals, counts, space] = await Promise.all([store.totals(), store.counts(), store.space()]);
      return { totals, functions: counts, space };
    },
    unaccounted: () => check.found,
    waits: () => ended.size,
  });
  const ops = await OpsServer.start({
    ...(config.HOST !== undefined && { host: config.HOST }),
    port: config.CATNAP_OPS_PORT,
    metrics: metricsOf(registry),
    readiness: [
      { name: 'functions', notReady: () => (functions.hasSynced ? undefined : 'the functions were not listed yet') },
    ],
    log,
  });
  lifecycle.onStop('ops server', () => ops[Symbol.asyncDispose]());
  const people = await startInvocationsApi({
    store,
    access,
    functionUid: functions.uidOf,
    redriven: () => undefined,
    cancelled: (id) => ended.tell(id),
    log,
    port: config.CATNAP_INVOCATIONS_PORT,
    host: config.HOST,
    lifecycle,
  });
  const intake = await startIntake({
    store,
    functions,
    known,
    ended,
    accepted: () => undefined,
    metrics: counters,
    kube,
    clock: systemClock,
    log,
    ownToken: new CredentialFile(config.CATNAP_GATEWAY_TOKEN_FILE),
    subject: config.CATNAP_ACTIVATOR_SUBJECT,
    port: config.CATNAP_INTAKE_PORT,
    host: config.HOST,
    stopping: lifecycle.stopping,
  });
  lifecycle.onStop('intake', () => intake[Symbol.asyncDispose]());
  log.info({ port: people.port, intakePort: intake.port, opsPort: ops.port }, 'listening');
}

/** Without its store the process ends: what comes then would only be refused. */
async function beginStore(lifecycle: Lifecycle): Promise<EmbeddedStore> {
  // In the image the thread's program is a file beside this one.
  const worker = import.meta.filename.endsWith('.ts') ? undefined : new URL('./store-worker.mjs', import.meta.url);
  const store = await openStore(config.CATNAP_STORE_FOLDER, limits(), worker);
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

function limits(): Limits {
  const { CATNAP_ASYNC_FUNCTION_ENTRIES: entries, CATNAP_ASYNC_FUNCTION_MIB: mib } = config;
  const { CATNAP_ASYNC_NAMESPACE_ENTRIES: ofNamespace, CATNAP_ASYNC_NAMESPACE_MIB: mibOfNamespace } = config;
  return {
    ...DEFAULT_LIMITS,
    perFunction: { entries, bytes: mib * MIB },
    perNamespace: { entries: ofNamespace, bytes: mibOfNamespace * MIB },
  };
}

// It waits for work most of the time; memory is what it costs a cluster.
keepHeapLean(true);
compileLightly();
process.exit(await runProcess({ log, start }));
