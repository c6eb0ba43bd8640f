import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Cluster } from '../cluster/cluster.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import type { DevCluster, FunctionNames, PodName, ShownLine } from './dev-cluster.ts';
import { followPodLogs } from './pod-logs.ts';

interface NamedOptions {
  /** As kubectl is to be told of it. */
  kubeconfig: string | undefined;
  env: { PATH: string; HOME?: string | undefined };
  say: (line: string) => void;
}

/** A cluster of the user's kubeconfig, with Catnap in it. */
export class NamedDevCluster implements DevCluster {
  readonly isTemporary = false;
  readonly #cluster: Cluster;
  readonly #options: NamedOptions;
  readonly #forwards = new Map<string, ChildProcess>();

  constructor(cluster: Cluster, options: NamedOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  get kube() {
    return this.#cluster.kube;
  }

  get namespace() {
    return this.#cluster.namespace;
  }

  get greeting(): string[] {
    return [`cluster     ${this.#cluster.context}`];
  }

  follow(functions: () => FunctionNames, shown: ShownLine): AsyncDisposable {
    return followPodLogs({ kube: this.kube, functions, shown, say: this.#options.say });
  }

  /** By kubectl, which has the API server's port-forwarding. */
  async reach({ name, namespace }: PodName, port: number): Promise<number> {
    const { kubeconfig, env } = this.#options;
    const pod = `${namespace}/${name}`;
    this.#forwards.get(pod)?.kill();
    const named = ['--context', this.#cluster.context, '-n', namespace];
    const child = spawn('kubectl', ['port-forward', ...named, `pod/${name}`, `:${port}`], {
      env: { PATH: env.PATH, HOME: env.HOME ?? '/', ...(kubeconfig !== undefined && { KUBECONFIG: kubeconfig }) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#forwards.set(pod, child);
    return await forwardedPort(child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#forwards.values()) child.kill();
  }
}

/** Of what kubectl says: `Forwarding from 127.0.0.1:40123 -> 9229`. */
async function forwardedPort(child: ChildProcess): Promise<number> {
  let said = '';
  child.stderr?.on('data', (data: Buffer) => {
    said = `${said}${data}`.slice(-500);
  });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) => reject(noForward(`kubectl does not start (${cause.message})`)));
    child.once('exit', () => reject(noForward(said.trim())));
  });
  failed.catch(() => undefined);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const found = new Promise<number>((resolve) => {
    lines.on('line', (line) => {
      const port = /^Forwarding from 127\.0\.0\.1:(\d+) /.exec(line)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
  return await Promise.race([found, failed]);
}

function noForward(why: string): CommandError {
  return new CommandError(
    `the inspector of the pod is not reached, for which kubectl port-forward is used: ${why}`,
    EXIT.failed,
  );
}
