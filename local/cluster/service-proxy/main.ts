/** The local cluster's third process: connections to Services, also while the node's other programs start anew. */
import * as z from 'zod';
import { CLUSTER_ACCESS_ENV, clusterAccess } from '#platform/access/cluster-access.ts';
import { EventRecorder } from '#platform/controller/event-recorder.ts';
import { Informer } from '#platform/informer/informer.ts';
import { KubeClient } from '#platform/kube/client.ts';
import { ENDPOINT_SLICES, SERVICES } from '#platform/kube/resources.ts';
import { envLogLevel, readConfig } from '#platform/process/config.ts';
import { type Lifecycle, runProcess } from '#platform/process/lifecycle.ts';
import { createLog } from '#platform/process/log.ts';
import { ServiceProxy } from './service-proxy.ts';

const Env = z.object({ ...CLUSTER_ACCESS_ENV, CLUSTER_LOG_LEVEL: envLogLevel.default('info') });

/** The API server is started at the same time, and is soon there. */
const RETRY = { baseMs: 20, maxMs: 1_000 };

const config = readConfig(Env, process.env);
const log = createLog({ service: 'service-proxy', level: config.CLUSTER_LOG_LEVEL });
process.exit(await runProcess({ log, start }));

async function start(lifecycle: Lifecycle): Promise<void> {
  const stack = new AsyncDisposableStack();
  lifecycle.onStop('everything', () => stack.disposeAsync());
  const kube = stack.use(new KubeClient(await clusterAccess(config), { userAgent: 'kube-proxy' }));
  const services = stack.use(new Informer({ kube, resource: SERVICES, log, timing: RETRY }));
  const endpointSlices = stack.use(new Informer({ kube, resource: ENDPOINT_SLICES, log, timing: RETRY }));
  await Promise.all([services.synced, endpointSlices.synced]);
  const events = stack.use(new EventRecorder({ kube, component: 'kube-proxy', log }));
  stack.use(new ServiceProxy({ services, endpointSlices, log, events }));
  log.info('service proxy ready');
}
