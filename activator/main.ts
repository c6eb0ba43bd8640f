import { readFile } from 'node:fs/promises';
import type { FunctionObject } from '#api/function.ts';
import { API_VERSION, GROUP, KIND, LABEL, PLURAL, VERSION } from '#api/names.ts';
import { HostTemplate } from '#api/rules/host-template.ts';
import { clusterAccess } from '#platform/access/cluster-access.ts';
import { EventRecorder } from '#platform/controller/event-recorder.ts';
import { viewObjects } from '#platform/informer/object-view.ts';
import { KubeClient } from '#platform/kube/client.ts';
import { type KubeObject, PODS, type Resource } from '#platform/kube/resources.ts';
import { readConfig } from '#platform/process/config.ts';
import { LeanWhileIdle } from '#platform/process/lean-heap.ts';
import { type Lifecycle, runProcess } from '#platform/process/lifecycle.ts';
import { LineWriter, writeTo } from '#platform/process/line-writer.ts';
import { createLog, type Log } from '#platform/process/log.ts';
import { createRegistry, informerMetrics } from '#platform/process/metrics.ts';
import { OpsServer } from '#platform/process/ops-server.ts';
import { TlsFiles, type TlsPair } from '#platform/process/tls-files.ts';
import { systemClock } from '#platform/time/clock.ts';
import { startDispatcher } from './async/start-dispatcher.ts';
import { deploymentScales } from './cold-start/deployment-scale.ts';
import { ScaleUp } from './cold-start/scale-up.ts';
import { ActivatorConfig } from './config.ts';
import { startDeliveries } from './deliveries/start-deliveries.ts';
import { guardedClock, onThrow } from './errors/guarded-entries.ts';
import { FunctionRegistry } from './functions/function-registry.ts';
import { keepFunction, keepPod } from './functions/kept-objects.ts';
import { Gateway } from './gateway.ts';
import { connectionBound, openFilesOf } from './inbound/connection-limit.ts';
import { trustedProxies } from './inbound/trusted-proxies.ts';
import { HINTS_PATH } from './peers/protocol.ts';
import { startPeers } from './peers/start-peers.ts';
import { startTokenChecks } from './policy/access/start-token-checks.ts';
import { startRateLimits } from './policy/rate-limits/start-rate-limits.ts';
import { budgetBounds, ProcessBudget } from './queue/fair-share.ts';
import { RejectionPacer } from './queue/rejection-pacer.ts';
import { ReplicaRegistry } from './replicas/replica-registry.ts';
import { AccessLog, type AccessLogEntry } from './telemetry/access-log.ts';
import { AuditLog } from './telemetry/audit-log.ts';
import { FailureLog } from './telemetry/failure-log.ts';
import { activatorMetrics } from './telemetry/metrics.ts';

/** Not from api/function.ts: that loads the schema, which takes 15 MB and which nothing here needs. */
const FUNCTIONS: Resource<FunctionObject> = {
  group: GROUP,
  version: VERSION,
  plural: PLURAL,
  kind: KIND,
  namespaced: true,
};
/** Each may hold 192 KiB of source: no more than this at once. What reading a page takes is never given back in full. */
const FUNCTIONS_PAGE = 25;
const SYNC_WAIT_MS = 5_000;
/** An idle connection to the API server is closed after half a minute; a scale-up should not have to open one. */
const KEEP_WARM_MS = 15_000;

const config = readConfig(ActivatorConfig, process.env);
const log = createLog({ service: 'activator', level: config.CATNAP_LOG_LEVEL });
process.exit(await runProcess({ log, start: (lifecycle) => start(config, log, lifecycle) }));

async function start(config: ActivatorConfig, log: Log, lifecycle: Lifecycle): Promise<void> {
  const registry = createRegistry();
  const metrics = informerMetrics(registry);
  const kube = new KubeClient(await clusterAccess(config), { userAgent: 'catnap-activator' });
  lifecycle.onStop('api client', () => kube[Symbol.asyncDispose]());
  const namespaces = config.CATNAP_NAMESPACES;
  const feed = { kube, log, metrics };
  const functionFeed = viewObjects(
    { ...feed, resource: FUNCTIONS, keep: keepFunction, pageSize: FUNCTIONS_PAGE },
    namespaces,
  );
  const podFeed = viewObjects({ ...feed, resource: PODS, labelSelector: LABEL.function, keep: keepPod }, namespaces);
  lifecycle.onStop('watches', async () => {
    await Promise.all([functionFeed[Symbol.asyncDispose](), podFeed[Symbol.asyncDispose]()]);
  });

  const clock = guardedClock(systemClock);
  onThrow((entry, error, requestId) => log.error({ entry, requestId, err: error }, 'the gateway failed at a request'));
  const scaleUp = new ScaleUp(deploymentScales(kube), clock, log);
  const replicas = new ReplicaRegistry(podFeed, clock);
  const peers = startPeers({ config, clock, kube, log, metrics, lifecycle });
  replicas.onHealth((hint) => peers.send('replica', hint));
  peers.on('replica', (hint) => replicas.follow(hint));
  const budget = new ProcessBudget({
    ...budgetBounds(process.constrainedMemory()),
    ...(config.CATNAP_MAX_OPEN_REQUESTS !== undefined && { requests: config.CATNAP_MAX_OPEN_REQUESTS }),
    ...(config.CATNAP_MAX_HELD_BYTES !== undefined && { bytes: config.CATNAP_MAX_HELD_BYTES }),
  });
  const rateLimits = await startRateLimits({ config, clock, log, lifecycle, peers, registry });
  const tokens = startTokenChecks({ config, clock, log, registry, kube });
  const functions = new FunctionRegistry({
    tokens,
    rateLimits,
    sendBacklog: (hint) => peers.send('backlog', hint),
    budget,
    rejections: new RejectionPacer(),
    feed: functionFeed,
    replicas,
    scaleUp,
    clock,
    template: new HostTemplate(config.CATNAP_HOST_TEMPLATE, config.CATNAP_DOMAIN),
    clusterDomain: config.CATNAP_CLUSTER_DOMAIN,
  });
  tellOfStuck(replicas, functions, { kube, log, lifecycle });
  peers.on('backlog', (hint) => functions.followBacklog(hint));
  lifecycle.onStop('functions', () => {
    functions[Symbol.dispose]();
    replicas[Symbol.dispose]();
    scaleUp[Symbol.dispose]();
  });
  const heap = new LeanWhileIdle();
  const stopPing = keepWarm(kube, log, lifecycle.stopping, () => heap.look());
  lifecycle.onStop('keep-warm', stopPing);

  const accessLines = new LineWriter(writeTo(process.stdout.fd));
  const accessLog = new AccessLog(config.CATNAP_ACCESS_LOG, (line) => accessLines.add(line));
  const failures = new FailureLog(log, clock);
  const audit = new AuditLog(log, clock);
  lifecycle.onStop('request logs', async () => {
    failures[Symbol.dispose]();
    audit[Symbol.dispose]();
    await accessLines[Symbol.asyncDispose]();
  });
  const finished = (summary: AccessLogEntry) => {
    heap.busy();
    accessLog.record(summary);
  };
  const gateway = new Gateway({
    clock,
    failures,
    audit,
    finished,
    unrouted: functions.unrouted,
    routes: () => functions.routes,
    namespaceOf: (address) => replicas.namespaces.namespaceOf(address),
    synced: Promise.all([functionFeed.synced, podFeed.synced]).then(() => undefined),
    syncWaitMs: SYNC_WAIT_MS,
    maxBacklogBytes: budget.bounds.bytes / 4,
    maxConnections: config.CATNAP_MAX_CONNECTIONS ?? connectionBound(process.constrainedMemory(), await openFiles()),
    dispatcher: startDispatcher(config, { clock, lifecycle }),
    errorDetail: config.CATNAP_ERROR_DETAIL,
    trustedProxies: trustedProxies(config.CATNAP_TRUSTED_PROXIES),
  });
  lifecycle.onStop('connections', () => gateway[Symbol.asyncDispose]());
  const readiness = [
    { name: 'cluster', notReady: () => (gateway.synced ? undefined : 'functions and pods are not read yet') },
    { name: 'serving', notReady: () => (gateway.draining ? 'the gateway is leaving' : undefined) },
  ];
  const opsHost = config.CATNAP_OPS_HOST ?? config.HOST;
  const ops = await OpsServer.start({
    ...(opsHost !== undefined && { host: opsHost }),
    port: config.CATNAP_OPS_PORT,
    metrics: activatorMetrics(registry, {
      functions: () => functions.all(),
      unrouted: functions.unrouted,
      coldStarts: functions.coldStarts,
      gateway,
      accessLog: accessLines,
      starts: functions.starts,
      peers,
    }),
    handlers: new Map([[HINTS_PATH, (request, response) => peers.handle(request, response)]]),
    readiness,
    log,
  });
  lifecycle.onStop('ops server', () => ops[Symbol.asyncDispose]());
  const host = config.CATNAP_GATEWAY_HOST ?? config.HOST;
  const port = await gateway.listen(config.CATNAP_GATEWAY_PORT, host);
  const tlsPort = await listenSecurely(gateway, host, lifecycle);
  lifecycle.onStop('queues', () =>
    functions.refuseWaiting({ code: 'GatewayUnavailable', message: 'this gateway is leaving; ask again' }),
  );
  const queueOf = (key: string) => functions.find(key);
  const { cluster } = tokens;
  const deliveries = { config, log, registry, lifecycle, cluster, gateway, finished, queueOf };
  const deliveryPort = await startDeliveries(deliveries);
  const quietMs = config.CATNAP_DRAIN_QUIET_SECONDS * 1000;
  const withinMs = config.CATNAP_DRAIN_SECONDS * 1000;
  lifecycle.onStop('requests', (signal) => gateway.drain(quietMs, signal), { withinMs });
  log.info({ port, tlsPort, deliveryPort, opsPort: ops.port, domain: config.CATNAP_DOMAIN }, 'gateway listens');
}

/** An endless loop logs nothing by itself: a line here, and an Event on the Function. */
function tellOfStuck(
  replicas: ReplicaRegistry,
  functions: FunctionRegistry,
  { kube, log, lifecycle }: { kube: KubeClient; log: Log; lifecycle: Lifecycle },
): void {
  const events = new EventRecorder({ kube, component: 'catnap-activator', log });
  lifecycle.onStop('events', () => events[Symbol.asyncDispose]());
  replicas.stuck.listen(({ functionKey, pod, why }) => {
    log.warn({ function: functionKey, pod, why }, 'replica does not answer');
    const { namespace, name, uid } = functions.config(functionKey) ?? {};
    const about = { apiVersion: API_VERSION, kind: KIND, metadata: { namespace, name, uid } };
    if (uid !== undefined)
      events.record(about as KubeObject, { type: 'Warning', reason: 'ReplicaStuck', message: why });
  });
}

/** Most files that this process may have open; Infinity: the system does not say. */
async function openFiles(): Promise<number> {
  return openFilesOf(await readFile('/proc/self/limits', 'utf8').catch(() => ''));
}

/** Resolves with the port; undefined: there is no certificate. */
async function listenSecurely(
  gateway: Gateway,
  host: string | undefined,
  lifecycle: Lifecycle,
): Promise<number | undefined> {
  const { CATNAP_TLS_CERT_FILE: certFile, CATNAP_TLS_KEY_FILE: keyFile, CATNAP_TLS_PORT: port } = config;
  const clientCaFile = config.CATNAP_TLS_CLIENT_CA_FILE;
  if (certFile === undefined && keyFile === undefined) {
    if (clientCaFile !== undefined) throw new Error('CATNAP_TLS_CLIENT_CA_FILE needs CATNAP_TLS_CERT_FILE');
    return undefined;
  }
  if (certFile === undefined || keyFile === undefined) {
    throw new Error('TLS needs both CATNAP_TLS_CERT_FILE and CATNAP_TLS_KEY_FILE; only one of them is set');
  }
  const onChange = (pair: TlsPair) => gateway.setCertificate(pair);
  const files = await TlsFiles.open({ certFile, keyFile, clientCaFile, log, onChange });
  lifecycle.onStop('certificate', () => files[Symbol.dispose]());
  return await gateway.listenSecurely(files.pair, port, host);
}

/** Asks the API server for next to nothing now and then, so that its connection is open when a function has to be woken. `onTurn` is called each time. */
function keepWarm(kube: KubeClient, log: Log, signal: AbortSignal, onTurn: () => void): () => void {
  const timer = setInterval(() => {
    onTurn();
    kube.raw('/version', { signal }).catch((error: unknown) => log.debug({ err: error }, 'API server does not answer'));
  }, KEEP_WARM_MS);
  return () => clearInterval(timer);
}
