import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import { ConfigError, envPort, readConfig } from '#platform/config.ts';
import type { KubeClient } from '#platform/kube.ts';
import { LocalCluster } from './cluster.ts';
import { ControlPlane, publishGateway } from './control-plane.ts';
import { LOCAL_RUNTIME_IMAGE, ROOT } from './programs.ts';
import { StartWatch } from './start-watch.ts';

/** `make run`: Catnap and a stand-in for Kubernetes on this machine, until Ctrl-C. */
const Env = z.object({
  /** Port of the gateway. */
  CATNAP_GATEWAY_PORT: envPort.default(8080),
  /** Port of the API server; 0: any free one. */
  CATNAP_API_PORT: envPort.default(0),
  /** Where the cluster's state is kept from one run to the next; absent: nowhere. */
  CATNAP_DATA_DIR: z.string().optional(),
  /** Functions answer at `<name>.<namespace>.<domain>`. */
  CATNAP_DOMAIN: z.string().default('localhost'),
});

type Config = z.infer<typeof Env>;

const LONGEST_START_MS = 60_000;
const kubeconfig = join(ROOT, '.catnap', 'kubeconfig');
const say = (line: string) => process.stdout.write(`${line}\n`);

process.exitCode = await run();

async function run(): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  await using stack = new AsyncDisposableStack();
  try {
    await start(readConfig(Env, process.env), stack, stop.signal);
    await new Promise((resolve) => stop.signal.addEventListener('abort', resolve));
  } catch (error) {
    if (!stop.signal.aborted) {
      say(explain(error));
      return 1;
    }
  }
  say('stopping …');
  return 0;
}

async function start(config: Config, stack: AsyncDisposableStack, stopping: AbortSignal): Promise<void> {
  const watch = new StartWatch(say);
  const onExit = (name: string, logFile: string) => watch.ended(name, logFile);
  const signal = AbortSignal.any([stopping, watch.hopeless, AbortSignal.timeout(LONGEST_START_MS)]);
  try {
    await mkdir(join(ROOT, '.catnap'), { recursive: true });
    const cluster = await LocalCluster.start({
      dataDir: config.CATNAP_DATA_DIR,
      apiPort: config.CATNAP_API_PORT,
      kubeconfig,
      onExit,
    });
    stack.use(cluster);
    const kube = stack.use(await cluster.ready(signal));
    const plane = await ControlPlane.start({
      access: cluster.access,
      logDir: cluster.logDir,
      from: 'source',
      domain: config.CATNAP_DOMAIN,
      runtimeImage: LOCAL_RUNTIME_IMAGE,
      gatewayPort: config.CATNAP_GATEWAY_PORT,
      onExit,
    });
    stack.use(plane);
    await publishGateway(kube, plane.activatorOpsPort, plane.gatewayPort, signal);
    await plane.ready(signal);
    const url = await applyHello(kube, signal);
    greet(url, plane, cluster, config);
  } catch (error) {
    throw watch.hopeless.aborted ? watch.hopeless.reason : error;
  }
}

/** The first function, ready to be called. */
async function applyHello(kube: KubeClient, signal: AbortSignal): Promise<string> {
  const object = parse(await readFile(join(ROOT, 'examples', 'hello.yaml'), 'utf8')) as FunctionObject;
  object.metadata.namespace = 'default';
  const ref = { namespace: 'default', name: object.metadata.name };
  await kube.apply<FunctionObject>(FUNCTIONS, object, { fieldManager: 'catnap-run', signal });
  for (;;) {
    const { status } = await kube.get<FunctionObject>(FUNCTIONS, ref, { signal });
    const ready = status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True');
    if (ready && status?.url !== undefined) return status.url;
    await sleep(20, undefined, { signal });
  }
}

function greet(url: string, plane: ControlPlane, cluster: LocalCluster, config: Config): void {
  const kept = config.CATNAP_DATA_DIR === undefined ? 'gone when this stops' : 'kept for the next run';
  say(`
gateway     ${plane.gateway}
kubeconfig  ${kubeconfig}
state       ${cluster.dataDir} (${kept}); logs in ${cluster.logDir}

try, in a second terminal:
  curl '${url}/?name=you'
  export KUBECONFIG=${kubeconfig}
  kubectl get fn -w

catnap is ready at ${plane.gateway} (Ctrl-C stops it)`);
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === 'EADDRINUSE') {
    return `catnap: ${address}:${port} is taken by another program; choose other ports with CATNAP_GATEWAY_PORT and CATNAP_API_PORT`;
  }
  return `catnap did not start: ${error instanceof Error ? error.message : String(error)}`;
}
