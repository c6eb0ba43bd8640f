/** Keeps the last lines of each function, and gives them to those that may read them. */
import { clusterAccess } from '#platform/access/cluster-access.ts';
import { AccessVerdicts } from '#platform/authorization/access-verdicts.ts';
import { SelfReviewer } from '#platform/authorization/self-review.ts';
import { KubeClient } from '#platform/kube/client.ts';
import { readConfig } from '#platform/process/config.ts';
import { compileLightly, keepHeapLean } from '#platform/process/lean-heap.ts';
import { type Lifecycle, runProcess } from '#platform/process/lifecycle.ts';
import { createLog } from '#platform/process/log.ts';
import { createRegistry, informerMetrics, metricsOf } from '#platform/process/metrics.ts';
import { OpsServer } from '#platform/process/ops-server.ts';
import { LogKeeperEnv } from './config.ts';
import { LogServer } from './http/log-server.ts';
import { Keeper } from './keeping/keeper.ts';
import { forgetGoneNamespaces } from './keeping/namespaces.ts';
import { keeperCounters, keeperGauges } from './metrics.ts';
import { LogStore } from './store/log-store.ts';

const MIB = 2 ** 20;
const HOUR_MS = 3_600_000;

const config = readConfig(LogKeeperEnv, process.env);
const log = createLog({ service: 'catnap-logs', level: config.CATNAP_LOG_LEVEL });

async function start(lifecycle: Lifecycle): Promise<void> {
  const access = await clusterAccess(config);
  log.info({ server: access.server, access: access.source }, 'using cluster');
  const registry = createRegistry();
  const counters = keeperCounters(registry);
  const metrics = { ...informerMetrics(registry), ...counters };
  const store = openStore(counters.writeFailed);
  lifecycle.onStop('store', () => store[Symbol.dispose]());
  const kube = new KubeClient(access, { userAgent: 'catnap-logs' });
  lifecycle.onStop('API client', () => kube[Symbol.asyncDispose]());
  const namespaces = config.CATNAP_NAMESPACES;
  if (namespaces === undefined) {
    const gone = forgetGoneNamespaces(kube, store, { log, metrics });
    lifecycle.onStop('watch of namespaces', async () => await gone[Symbol.asyncDispose]());
  }
  const keeper = new Keeper({ kube, log, store, namespaces, streams: config.CATNAP_LOGS_STREAMS, metrics });
  lifecycle.onStop('keeper', () => keeper[Symbol.asyncDispose]());
  const reviewer = new SelfReviewer(access, { userAgent: 'catnap-logs' });
  lifecycle.onStop('reviews', async () => reviewer[Symbol.dispose]());
  const server = await LogServer.start({
    store,
    access: new AccessVerdicts({
      review: (token, attributes) => reviewer.verdict(token, attributes, lifecycle.stopping),
    }),
    log,
    port: config.CATNAP_LOGS_PORT,
    host: config.CATNAP_LOGS_HOST ?? config.HOST,
    answered: counters.answered,
  });
  lifecycle.onStop('log server', () => server[Symbol.asyncDispose]());
  keeperGauges(registry, {
    followed: () => keeper.followed,
    open: () => keeper.slots.open,
    waiting: () => keeper.slots.waiting,
    storedBytes: () => store.bytes,
    functions: () => store.functions,
    readers: () => server.places.open,
  });
  const host = config.CATNAP_OPS_HOST ?? config.HOST;
  const ops = await OpsServer.start({
    ...(host !== undefined && { host }),
    port: config.CATNAP_OPS_PORT,
    metrics: metricsOf(registry),
    readiness: [{ name: 'pods', notReady: () => (keeper.hasSynced ? undefined : 'the pods were not listed yet') }],
    log,
  });
  lifecycle.onStop('ops server', () => ops[Symbol.asyncDispose]());
  log.info({ port: server.port, opsPort: ops.port }, 'listening');
}

function openStore(failed: () => void): LogStore {
  return new LogStore({
    folder: config.CATNAP_LOGS_FOLDER,
    perFunctionBytes: config.CATNAP_LOGS_PER_FUNCTION_MIB * MIB,
    totalBytes: config.CATNAP_LOGS_TOTAL_MIB * MIB,
    keepMs: config.CATNAP_LOGS_HOURS * HOUR_MS,
    onError: (error) => {
      failed();
      log.error({ err: error }, 'lines could not be written');
    },
  });
}

// It waits for lines most of the time; memory is what it costs a cluster.
keepHeapLean(true);
compileLightly();
process.exit(await runProcess({ log, start }));
