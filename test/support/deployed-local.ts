import { randomBytes, randomInt } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SYSTEM_NAMESPACE } from '#api/names.ts';
import { readChart } from '../../local/chart/chart-files.ts';
import type { Table } from '../../local/chart/go-yaml.ts';
import { type InstalledChart, type InstallOptions, installChart } from '../../local/chart/install.ts';
import { CATNAP_CHART } from '../../local/chart/render.ts';
import { mergeValues } from '../../local/chart/values.ts';
import { LocalCluster } from '../../local/run/cluster.ts';
import { freePort } from '../../local/run/free-port.ts';
import { platformImages } from '../../local/run/platform-images.ts';
import type { Deployed } from './deployed.ts';
import { fromCluster } from './deployed-installed.ts';
import { processPart } from './process-part.ts';
import { inherited, LOCAL_IMAGE, settings } from './settings.ts';

/** A cluster of our own on this machine, with Catnap as the chart installs it. */
export interface LocalDeployed extends Deployed {
  /** How it was installed. */
  readonly options: InstallOptions;
  readonly installed: InstalledChart;
}

/** What the chart is installed with: the profile for one small node, with a dispatcher, on a port of this machine. */
function localInstall(gatewayPort: number, values: Table): InstallOptions {
  const ours = {
    domain: 'localhost',
    service: { type: 'NodePort', nodePorts: { http: gatewayPort } },
    operator: { replicas: 2 },
    // Here everybody knows at once that an activator leaves.
    activator: { replicas: 2, drainQuietSeconds: 0.5 },
    dispatcher: { enabled: true },
    // Issuers of tests are on this machine.
    access: { issuerNetworks: ['127.0.0.0/8', '::1'], allowHttpIssuers: true },
  };
  return {
    release: 'catnap',
    namespace: SYSTEM_NAMESPACE,
    valuesFiles: [join(CATNAP_CHART, 'values-small.yaml')],
    values: mergeValues(ours, values),
  };
}

/** @param values laid over those of the profile for one small node */
export async function deployLocal(values: Table = {}): Promise<LocalDeployed> {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'catnap-e2e-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const soon = AbortSignal.timeout(120_000);
  const kubeconfig = join(dir, 'kubeconfig');
  const cluster = await startCluster(dir, kubeconfig, [String(readChart(CATNAP_CHART).metadata.AppVersion)]);
  stack.use(cluster);
  const kube = stack.use(await cluster.ready(soon));
  const gatewayPort = await freeNodePort();
  const options = localInstall(gatewayPort, values);
  const installed = await installChart({ kube, signal: soon, deadlineMs: 60_000 }, options);
  const deployed = await fromCluster(kube, {
    kubeconfig,
    namespace: SYSTEM_NAMESPACE,
    gateway: `http://127.0.0.1:${gatewayPort}`,
  });
  const ending = stack.move();
  return {
    ...deployed,
    options,
    installed,
    ...clusterParts(cluster),
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  };
}

/** @param versions tags by which the images of Catnap are known; they all stand for the programs in `dist/` */
export async function startCluster(dir: string, kubeconfig: string, versions: string[]): Promise<LocalCluster> {
  const { CATNAP_TEST_AUDIT_DIR: auditDir } = settings;
  if (auditDir !== undefined) await mkdir(auditDir, { recursive: true });
  const server = [process.execPath, join(import.meta.dirname, 'image-server.mjs')];
  const images = versions.map(platformImages);
  return LocalCluster.start({
    dataDir: join(dir, 'data'),
    apiPort: 0,
    inherited,
    kubeconfig,
    images: { [LOCAL_IMAGE]: server, ...Object.assign({}, ...images) },
    realism: settings.CATNAP_TEST_REALISM,
    auditLog: auditDir === undefined ? undefined : join(auditDir, `${randomBytes(6).toString('hex')}.jsonl`),
  });
}

function clusterParts(cluster: LocalCluster): Pick<Deployed, 'apiServer' | 'podRunner'> {
  return {
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
  };
}

/** One of those that a cluster may give to a Service of type NodePort, and that nobody on this machine listens on. */
export async function freeNodePort(): Promise<number> {
  for (;;) {
    const port = randomInt(30_000, 32_768);
    const free = await freePort(port).catch(() => undefined);
    if (free !== undefined) return free;
  }
}
