/** The local cluster's second process: its controllers, and the one node that runs its pods. */
import type { AddressInfo } from 'node:net';
import { clusterAccess } from '#platform/access/cluster-access.ts';
import { EventRecorder } from '#platform/controller/event-recorder.ts';
import { KubeClient } from '#platform/kube/client.ts';
import { CONFIG_MAPS, SECRETS } from '#platform/kube/resources.ts';
import { readConfig } from '#platform/process/config.ts';
import { type Lifecycle, runProcess } from '#platform/process/lifecycle.ts';
import { createLog, type Log } from '#platform/process/log.ts';
import { pause } from '#platform/time/deadline.ts';
import { Cluster } from '../controllers/cluster.ts';
import { patient, startControllers } from '../controllers/controllers.ts';
import { realismOf } from '../realism/realism.ts';
import { ClaimedVolumes } from '../volumes/claimed-volumes.ts';
import { CLAIMS, STORAGE_CLASSES, VOLUMES } from '../volumes/kinds.ts';
import { startVolumeController } from '../volumes/volume-controller.ts';
import { VolumeFolders } from '../volumes/volume-folders.ts';
import { startLogServer } from './log-server.ts';
import { keepRegistered, nodeFacts } from './node.ts';
import { PodRunner } from './pod-runner.ts';
import { localImagesOf, Settings } from './settings.ts';

const HOST_IP = '127.0.0.1';
const RETRY_MS = 50;
const TRIES_UNTIL_NEWS = 100;

async function start(lifecycle: Lifecycle, settings: Settings, log: Log): Promise<void> {
  const stack = new AsyncDisposableStack();
  lifecycle.onStop('watches', () => stack.disposeAsync());
  const access = await clusterAccess(settings);
  // Under the names by which a real cluster's fields are managed.
  const kube = stack.use(new KubeClient(access, { userAgent: 'kube-controller-manager' }));
  const kubelet = stack.use(new KubeClient(access, { userAgent: 'kubelet' }));
  const signal = lifecycle.stopping;
  await untilAnswering(kube, log, signal);
  const cluster = stack.use(new Cluster(kube, log));
  const configMaps = cluster.watch(CONFIG_MAPS);
  const secrets = cluster.watch(SECRETS);
  const storage = {
    claims: cluster.watch(CLAIMS),
    volumes: cluster.watch(VOLUMES),
    classes: cluster.watch(STORAGE_CLASSES),
  };
  const speaker = (component: string) => patient(stack.use(new EventRecorder({ kube, component, log })), stack);
  const node = nodeFacts(settings.CLUSTER_NODE_NAME);
  const realism = realismOf(settings);
  const runner = new PodRunner({
    cluster,
    objects: { kube: kubelet, configMaps, secrets, signal },
    node,
    hostIP: HOST_IP,
    api: endpointOf(access.server),
    claimed: new ClaimedVolumes(storage),
    dataDir: settings.CLUSTER_DATA_DIR,
    images: localImagesOf(settings),
    cwd: process.cwd(),
    sigtermDelayMs: settings.CLUSTER_SIGTERM_DELAY_MS,
    realism,
    kubelet: speaker('kubelet'),
    scheduler: speaker('default-scheduler'),
  });
  const server = await startLogServer(HOST_IP, settings.CLUSTER_NODE_PORT, ({ namespace, pod, container, previous }) =>
    runner.find(namespace, pod)?.logOf(container, previous),
  );
  stack.defer(() => server.close());
  const { port } = server.server.address() as AddressInfo;
  await keepRegistered({ kube: kubelet, log, signal }, node, { address: HOST_IP, port });
  await cluster.synced();
  runner.start();
  stopPods(runner, settings, lifecycle);
  const controllers = startControllers({
    cluster,
    nodes: new Set([node.name]),
    beforeDelete: (pod) => runner.beforeDelete(pod),
    realism,
  });
  lifecycle.onStop('controllers', async () => await controllers[Symbol.asyncDispose]());
  const folders = new VolumeFolders(settings.CLUSTER_DATA_DIR);
  const events = speaker('persistentvolume-controller');
  stack.use(await startVolumeController({ cluster, ...storage, folders, node: node.name, events }, signal));
  log.info({ node: node.name, port }, 'pod runner ready');
}

function stopPods(runner: PodRunner, settings: Settings, lifecycle: Lifecycle): void {
  const withinMs = settings.CLUSTER_STOP_PODS_WITHIN_MS;
  // Whoever is in a hurry and asks twice leaves no pods behind either.
  if (settings.CLUSTER_STOP_PODS) process.once('exit', () => runner.killNow());
  lifecycle.onStop('pods', () => (settings.CLUSTER_STOP_PODS ? runner.killAll(withinMs) : runner.release()), {
    withinMs: withinMs + 2_000,
  });
}

/** Both programs are started at the same time, and nothing is wrong with that. */
async function untilAnswering(kube: KubeClient, log: Log, signal: AbortSignal): Promise<void> {
  for (let tries = 1; !signal.aborted; tries += 1) {
    try {
      await kube.raw('/version', { signal });
      return;
    } catch (error) {
      if (tries % TRIES_UNTIL_NEWS === 0) log.warn({ err: error }, 'waiting for the API server');
      await pause(RETRY_MS, signal);
    }
  }
}

/** The local API server has http and https on one port. */
function endpointOf(server: string): { host: string; port: number } {
  const { hostname, port, protocol } = new URL(server);
  return { host: hostname, port: Number(port || (protocol === 'https:' ? 443 : 80)) };
}

const settings = readConfig(Settings, process.env);
const log = createLog({ service: 'pod-runner', level: settings.CLUSTER_LOG_LEVEL });
process.exit(await runProcess({ log, start: (lifecycle) => start(lifecycle, settings, log) }));
