import { hostname } from 'node:os';
import { clusterAccess } from '#platform/access/cluster-access.ts';
import type { ClusterAccess } from '#platform/access/credentials.ts';
import { KubeClient } from '#platform/kube/client.ts';
import { LeaderElection } from '#platform/leader/leader-election.ts';
import { KubeLease } from '#platform/leader/lease-store.ts';
import { readConfig } from '#platform/process/config.ts';
import { compileLightly, keepHeapLean } from '#platform/process/lean-heap.ts';
import { type Lifecycle, runProcess } from '#platform/process/lifecycle.ts';
import { createLog } from '#platform/process/log.ts';
import { createRegistry, leaderMetric, metricsOf } from '#platform/process/metrics.ts';
import { OpsServer } from '#platform/process/ops-server.ts';
import { OperatorEnv } from './config.ts';
import { startOperator } from './operator.ts';

const config = readConfig(OperatorEnv, process.env);
const log = createLog({ service: 'catnap-operator', level: config.CATNAP_LOG_LEVEL });
const userAgent = 'catnap-operator';

async function start(lifecycle: Lifecycle): Promise<void> {
  const access = await clusterAccess(config);
  log.info({ server: access.server, access: access.source }, 'using cluster');
  const election = config.CATNAP_LEASE === undefined ? undefined : stand(access, config.CATNAP_LEASE, lifecycle);
  const kube = new KubeClient(access, { userAgent, gate: election });
  lifecycle.onStop('API client', () => kube[Symbol.asyncDispose]());
  const registry = createRegistry();
  leaderMetric(registry, () => election?.leading ?? true);
  const notReady = startOperator({ kube, config, log, registry, lifecycle, elected: election?.elected });
  const host = config.CATNAP_OPS_HOST ?? config.HOST;
  const ops = await OpsServer.start({
    ...(host !== undefined && { host }),
    port: config.CATNAP_OPS_PORT,
    metrics: metricsOf(registry),
    readiness: [{ name: 'cluster', notReady }],
    log,
  });
  lifecycle.onStop('ops server', () => ops[Symbol.asyncDispose]());
  log.info({ opsPort: ops.port }, 'listening');
}

/** Stands for election. On the way down the lease is given back after all else has ended; losing it ends the process. */
function stand(access: ClusterAccess, name: string, lifecycle: Lifecycle): LeaderElection {
  const kube = new KubeClient(access, { userAgent });
  const store = new KubeLease({ kube, namespace: config.CATNAP_SYSTEM_NAMESPACE, name, log });
  const identity = config.POD_NAME ?? `${hostname()}-${process.pid}`;
  const election = new LeaderElection({ store, identity, log, onLost: (error) => lifecycle.fail(error) });
  lifecycle.onStop('lease', async () => {
    await election[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await kube[Symbol.asyncDispose]();
  });
  return election;
}

// It waits for the API server most of the time; memory is what it costs a cluster.
keepHeapLean(true);
compileLightly();
process.exit(await runProcess({ log, start }));
