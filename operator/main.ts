import { clusterAccess } from '#platform/cluster-access.ts';
import { readConfig } from '#platform/config.ts';
import { KubeClient } from '#platform/kube.ts';
import { type Lifecycle, runProcess } from '#platform/lifecycle.ts';
import { createLog } from '#platform/log.ts';
import { createRegistry } from '#platform/metrics.ts';
import { OpsServer } from '#platform/ops-server.ts';
import { OperatorEnv } from './config.ts';
import { startOperator } from './operator.ts';

const config = readConfig(OperatorEnv, process.env);
const log = createLog({ service: 'catnap-operator', level: config.CATNAP_LOG_LEVEL });

async function start(lifecycle: Lifecycle): Promise<void> {
  const access = await clusterAccess(config);
  log.info({ server: access.server, access: access.source }, 'using cluster');
  const kube = new KubeClient(access, { userAgent: 'catnap-operator' });
  lifecycle.onStop('API client', () => kube[Symbol.asyncDispose]());
  const registry = createRegistry();
  const notReady = startOperator({ kube, config, log, registry, lifecycle });
  const host = config.CATNAP_OPS_HOST ?? config.HOST;
  const ops = await OpsServer.start({
    ...(host !== undefined && { host }),
    port: config.CATNAP_OPS_PORT,
    registry,
    readiness: [{ name: 'cluster', notReady }],
    log,
  });
  lifecycle.onStop('ops server', () => ops[Symbol.asyncDispose]());
  log.info({ opsPort: ops.port }, 'listening');
}

process.exit(await runProcess({ log, start }));
