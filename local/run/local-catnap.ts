import { join } from 'node:path';
import { PORT } from '#api/names.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { pause } from '#platform/time/deadline.ts';
import { giveAccounts } from './accounts.ts';
import { applyCrds, LocalCluster } from './cluster.ts';
import type { GivenImages } from './cluster-images.ts';
import { ControlPlane } from './control-plane.ts';
import { freePort } from './free-port.ts';
import { type Inherited, LOCAL_RUNTIME_IMAGE } from './programs.ts';
import { publishServices } from './published-services.ts';
import { StartWatch } from './start-watch.ts';

interface LocalCatnapOptions {
  /** Where the cluster's state is kept; absent: a temporary folder that is removed at the end. */
  dataDir?: string | undefined;
  /** File that the kubeconfig goes to, which is removed at the end; absent: among the state. */
  kubeconfig?: string | undefined;
  /** Port of the API server; 0: any free one. */
  apiPort: number;
  /** Port of the gateway; 0: any free one. */
  gatewayPort: number;
  /** Functions answer at `<name>.<namespace>.<domain>`. */
  domain: string;
  inherited: Inherited;
  /** Further images that pods may name, and what stands for each. */
  images?: GivenImages;
  /** File to which the API server appends what it is asked. */
  auditLog?: string | undefined;
  /** Seed: as slow as a real cluster; absent: everything is immediate. */
  realism?: number | undefined;
  /** Is given a line for each program that ended by itself. */
  say: (line: string) => void;
  /** Ends a start that is under way. */
  stopping: AbortSignal;
}

/** Taken only where a program listens at all addresses, those of pods too. */
const NO_PODS_ADDRESS = '127.0.255.253';
const LONGEST_START_MS = 60_000;
const LOOKS = 5;
const LOOK_AGAIN_MS = 50;

/**
 * Catnap and a stand-in for Kubernetes as processes on this machine, kept running until disposed. None of them outlives
 * this process, however it ends.
 */
export class LocalCatnap implements AsyncDisposable {
  readonly cluster: LocalCluster;
  readonly plane: ControlPlane;
  /** With an administrator's rights. */
  readonly kube: KubeClient;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    parts: { cluster: LocalCluster; plane: ControlPlane; kube: KubeClient },
    stack: AsyncDisposableStack,
  ) {
    this.cluster = parts.cluster;
    this.plane = parts.plane;
    this.kube = parts.kube;
    this.#stack = stack;
  }

  /** Resolves once all of it answers. Rejects with EADDRINUSE where a port is taken, and when a program does not start. */
  static async start(options: LocalCatnapOptions): Promise<LocalCatnap> {
    const { say, stopping } = options;
    const watch = new StartWatch(say);
    const signal = AbortSignal.any([stopping, watch.hopeless, AbortSignal.timeout(LONGEST_START_MS)]);
    await using stack = new AsyncDisposableStack();
    try {
      // Before anything is touched: the likeliest reason not to start is that it already runs.
      await requirePodsPort(signal);
      await freePort(options.gatewayPort);
      const parts = await startAll(
        { ...options, onExit: (name, logFile) => watch.ended(name, logFile) },
        stack,
        signal,
      );
      return new LocalCatnap(parts, stack.move());
    } catch (error) {
      throw watch.hopeless.aborted ? watch.hopeless.reason : error;
    }
  }

  /** Ends the gateway, the operator, the pods and the API server, in this order. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** A run that looks at the same moment has the port for that moment. */
async function requirePodsPort(signal: AbortSignal): Promise<void> {
  for (let left = LOOKS - 1; ; left -= 1) {
    try {
      await freePort(PORT.http.number, NO_PODS_ADDRESS);
      return;
    } catch (error) {
      if (left === 0) throw error;
      await pause(LOOK_AGAIN_MS, signal);
    }
  }
}

/** Why pods cannot have their port, for an error of a start; undefined: it is of something else. Pure. */
export function podsPortProblem(error: unknown): string | undefined {
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code !== 'EADDRINUSE' || address !== NO_PODS_ADDRESS) return undefined;
  return `another program listens on port ${port} at all addresses of this machine, where functions listen at theirs; end it, or have it listen at 127.0.0.1 alone (sudo ss -ltnp 'sport = :${port}' names it)`;
}

async function startAll(
  options: LocalCatnapOptions & { onExit: (name: string, logFile: string) => void },
  stack: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<{ cluster: LocalCluster; plane: ControlPlane; kube: KubeClient }> {
  const { inherited, onExit, domain, gatewayPort } = options;
  const cluster = stack.use(await LocalCluster.start(options));
  const kube = stack.use(await cluster.ready(signal));
  await applyCrds(kube, signal);
  const access = await giveAccounts(kube, cluster, signal);
  const plane = await ControlPlane.start({
    access,
    inherited,
    logDir: cluster.logDir,
    from: 'source',
    domain,
    runtimeImage: LOCAL_RUNTIME_IMAGE,
    gatewayPort,
    accessLog: true,
    compileAhead: true,
    keptLogs: join(cluster.dataDir, 'function-logs'),
    keptWork: join(cluster.dataDir, 'accepted-work'),
    onExit,
  });
  stack.use(plane);
  await publishServices(kube, plane.ports, signal);
  await plane.ready(signal);
  return { cluster, plane, kube };
}
