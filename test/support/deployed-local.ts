import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalCluster } from '../../local/run/cluster.ts';
import { ControlPlane, publishGateway } from '../../local/run/control-plane.ts';
import { LOCAL_RUNTIME_IMAGE } from '../../local/run/programs.ts';
import type { Deployed } from './deployed.ts';
import { fromPlane } from './deployed-outside.ts';
import { processPart } from './process-part.ts';
import { inherited, LOCAL_IMAGE } from './settings.ts';

/** A cluster of our own on this machine, with the programs as they are in the images. */
export async function deployLocal(): Promise<Deployed> {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'catnap-e2e-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const soon = AbortSignal.timeout(60_000);
  const server = [process.execPath, join(import.meta.dirname, 'image-server.mjs')];
  const kubeconfig = join(dir, 'kubeconfig');
  const cluster = await LocalCluster.start({
    dataDir: join(dir, 'data'),
    apiPort: 0,
    inherited,
    kubeconfig,
    images: { [LOCAL_IMAGE]: server },
  });
  stack.use(cluster);
  const kube = stack.use(await cluster.ready(soon));
  const plane = await ControlPlane.start({
    access: cluster.access,
    inherited,
    logDir: cluster.logDir,
    from: 'dist',
    domain: 'localhost',
    runtimeImage: LOCAL_RUNTIME_IMAGE,
    gatewayPort: 0,
  });
  stack.use(plane);
  await publishGateway(kube, plane.activatorOpsPort, plane.gatewayPort, soon);
  await plane.ready(soon);
  const ending = stack.move();
  return {
    ...fromPlane(plane, kube, kubeconfig),
    apiServer: processPart(
      () => cluster.apiServer,
      () => cluster.stopApiServer(),
      () => cluster.startApiServer(),
    ),
    podRunner: processPart(
      () => cluster.podRunner,
      () => cluster.stopPodRunner(),
      () => cluster.startPodRunner(),
    ),
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  };
}
