import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { isAlreadyExists } from '#platform/kube/error.ts';
import { ConfigError, envPort, readConfig } from '#platform/process/config.ts';
import { Settings } from '../cluster/pod-runner/settings.ts';
import { LARGEST_SEED } from '../cluster/realism/realism.ts';
import { ROOT } from '../package-root.ts';
import { ArgumentError, parseArguments } from './arguments.ts';
import type { LocalCluster } from './cluster.ts';
import type { ControlPlane } from './control-plane.ts';
import { claimDataDir, DataDirTaken } from './data-dir.ts';
import { kubeconfigFile, removeIfEmpty } from './kubeconfig-file.ts';
import { LocalCatnap, podsPortProblem } from './local-catnap.ts';
import { stopWish } from './stop-wish.ts';
import { Terminal } from './terminal/terminal.ts';

const DNS_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** `make run`: Catnap and a stand-in for Kubernetes on this machine, until Ctrl-C. */
const Env = z.object({
  /** Port of the gateway. */
  CATNAP_GATEWAY_PORT: envPort.default(8080),
  /** Port of the API server; 0: any free one. */
  CATNAP_API_PORT: envPort.default(0),
  /** Where the cluster's state is kept from one run to the next; absent: nowhere. */
  CATNAP_DATA_DIR: z.string().optional(),
  /** File to append what the API server is asked, as audit events; absent: none are written. */
  CATNAP_AUDIT_LOG_FILE: z.string().optional(),
  /** Functions answer at `<name>.<namespace>.<domain>`. */
  CATNAP_DOMAIN: z
    .string()
    .regex(DNS_NAME, 'must be a DNS name in lower case, such as fn.example.org')
    .default('localhost'),
  PATH: z.string().default('/usr/bin:/bin'),
  HOME: z.string().default('/'),
  /** Not empty: no colours, not even on a terminal. */
  NO_COLOR: z.string().optional(),
  /** What stands for each further image, as JSON: `{"nginx":["node","server.mjs"]}`. */
  CATNAP_LOCAL_IMAGES: Settings.shape.CLUSTER_IMAGES,
});

type Config = z.infer<typeof Env>;

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const LONGEST_START_MS = 60_000;
const say = (line: string) => process.stdout.write(`${line}\n`);

process.exitCode = await run();

async function run(): Promise<number> {
  const stopping = stopWish();
  await using stack = new AsyncDisposableStack();
  try {
    await start(readConfig(Env, process.env), stack, stopping);
    await new Promise((stopped) => stopping.addEventListener('abort', stopped));
  } catch (error) {
    if (!stopping.aborted) {
      say(explain(error));
      return 1;
    }
  }
  say('stopping …');
  return 0;
}

async function start(config: Config, stack: AsyncDisposableStack, stopping: AbortSignal): Promise<void> {
  const { realism } = parseArguments(process.argv.slice(2), () => randomInt(LARGEST_SEED));
  if (realism !== undefined) say(`as slow as a real cluster, by --realism=${realism}`);
  const kubeconfig = await kubeconfigFile(join(ROOT, '.catnap'), config.CATNAP_GATEWAY_PORT);
  stack.defer(() => removeIfEmpty(dirname(kubeconfig)));
  const kept = config.CATNAP_DATA_DIR;
  const catnap = await LocalCatnap.start({
    dataDir: kept === undefined ? undefined : stack.use(await claimDataDir(kept)).path,
    kubeconfig,
    apiPort: config.CATNAP_API_PORT,
    gatewayPort: config.CATNAP_GATEWAY_PORT,
    domain: config.CATNAP_DOMAIN,
    inherited: { PATH: config.PATH, HOME: config.HOME },
    images: config.CATNAP_LOCAL_IMAGES,
    auditLog: config.CATNAP_AUDIT_LOG_FILE,
    realism,
    say,
    stopping,
  });
  stack.use(catnap);
  const { plane, cluster } = catnap;
  const url = await createHello(catnap.kube, AbortSignal.any([stopping, AbortSignal.timeout(LONGEST_START_MS)]));
  greet(url, plane, cluster, config);
  stack.use(showTraffic(plane, cluster, config));
}

/** The first function, ready to be called; one that was kept is the user's, and stays as it is. */
async function createHello(kube: KubeClient, signal: AbortSignal): Promise<string> {
  const object = parse(await readFile(join(ROOT, 'examples', 'hello.yaml'), 'utf8')) as FunctionObject;
  object.metadata.namespace = 'default';
  // As if kubectl had applied it, so that the user's `kubectl apply` of it has nothing to warn of.
  object.metadata.annotations = { [LAST_APPLIED]: JSON.stringify(object) };
  const ref = { namespace: 'default', name: object.metadata.name };
  const created = await createUnlessThere(kube, object, signal);
  for (;;) {
    const { status } = await kube.get<FunctionObject>(FUNCTIONS, ref, { signal });
    const ready = status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True');
    if (status?.url !== undefined && (ready || !created)) return status.url;
    await sleep(20, undefined, { signal });
  }
}

/** Whether it was not there. */
async function createUnlessThere(kube: KubeClient, object: FunctionObject, signal: AbortSignal): Promise<boolean> {
  try {
    await kube.create<FunctionObject>(FUNCTIONS, object, { fieldManager: 'catnap-run', signal });
    return true;
  } catch (error) {
    if (isAlreadyExists(error)) return false;
    throw error;
  }
}

function showTraffic(plane: ControlPlane, cluster: LocalCluster, { NO_COLOR }: Config): Terminal {
  return new Terminal({
    gatewayLog: plane.activatorLog,
    dispatcherLog: plane.dispatcherLog,
    podsDir: cluster.podsDir,
    colour: process.stdout.isTTY && (NO_COLOR ?? '') === '',
    say,
  });
}

function greet(url: string, plane: ControlPlane, cluster: LocalCluster, config: Config): void {
  const metrics = (port: number) => `http://127.0.0.1:${port}/metrics`;
  const { activatorOps, operatorOps, dispatcherOps } = plane.ports;
  const kept = config.CATNAP_DATA_DIR === undefined ? 'gone when this stops' : 'kept for the next run';
  say(`
gateway     ${plane.gateway}
kubeconfig  ${cluster.kubeconfig}
metrics     ${metrics(activatorOps)} (activator), ${metrics(operatorOps)} (operator), ${metrics(dispatcherOps)} (dispatcher)
state       ${cluster.dataDir} (${kept}); logs in ${cluster.logDir}

try, in a second terminal:
  curl '${url}/?name=you'
  export KUBECONFIG=${cluster.kubeconfig}
  kubectl get fn -w

catnap is ready at ${plane.gateway} (Ctrl-C stops it)`);
}

function explain(error: unknown): string {
  if (error instanceof ConfigError || error instanceof ArgumentError) return error.message;
  if (error instanceof DataDirTaken) return `catnap: ${error.message}; choose another CATNAP_DATA_DIR`;
  const problem = podsPortProblem(error);
  if (problem !== undefined) return `catnap: ${problem}`;
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === 'EADDRINUSE') {
    return `catnap: ${address}:${port} is taken by another program, or another run; choose other ports with CATNAP_GATEWAY_PORT and CATNAP_API_PORT`;
  }
  return `catnap did not start: ${error instanceof Error ? error.message : String(error)}`;
}
