import { freePort } from '#local/run/free-port.ts';
import { LocalCatnap } from '#local/run/local-catnap.ts';
import { Terminal } from '#local/run/terminal/terminal.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import type { DevCluster, FunctionNames, ShownLine } from './dev-cluster.ts';

/** Of the gateway, where it is free. */
const USUAL_PORT = 8080;

interface LocalOptions {
  /** Of the gateway; undefined: the usual one, or any that is free. */
  port: number | undefined;
  namespace: string | undefined;
  env: { PATH: string; HOME?: string | undefined };
  colour: boolean;
  say: (line: string) => void;
  signal: AbortSignal;
}

/** A cluster with Catnap on this machine that ends with the command and leaves nothing. */
export class LocalDevCluster implements DevCluster {
  readonly namespace: string;
  readonly isTemporary = true;
  readonly #catnap: LocalCatnap;
  readonly #options: LocalOptions;

  private constructor(catnap: LocalCatnap, options: LocalOptions) {
    this.#catnap = catnap;
    this.#options = options;
    this.namespace = options.namespace ?? 'default';
  }

  /** Throws a CommandError where the port is taken, or a program does not start. */
  static async start(options: LocalOptions): Promise<LocalDevCluster> {
    const { env, say, signal } = options;
    const gatewayPort = options.port ?? (await freePort(USUAL_PORT).catch(() => 0));
    const catnap = await LocalCatnap.start({
      apiPort: 0,
      gatewayPort,
      domain: 'localhost',
      inherited: { PATH: env.PATH, HOME: env.HOME ?? '/' },
      say,
      stopping: signal,
    }).catch((cause: NodeJS.ErrnoException & { port?: number }) => {
      if (signal.aborted) throw cause;
      const why =
        cause.code === 'EADDRINUSE' ? `port ${cause.port} is taken by a program that listens there` : cause.message;
      throw new CommandError(`the local cluster does not start: ${why}`, EXIT.failed, { cause });
    });
    return new LocalDevCluster(catnap, options);
  }

  get kube() {
    return this.#catnap.kube;
  }

  get greeting(): string[] {
    const { plane, cluster } = this.#catnap;
    return [`gateway     ${plane.gateway}`, `kubeconfig  ${cluster.kubeconfig}`];
  }

  follow(_functions: FunctionNames, shown: ShownLine): AsyncDisposable {
    const { plane, cluster } = this.#catnap;
    const { colour, say } = this.#options;
    const terminal = new Terminal({
      gatewayLog: plane.activatorLog,
      podsDir: cluster.podsDir,
      colour,
      say,
      container: shown,
    });
    return { [Symbol.asyncDispose]: async () => terminal[Symbol.dispose]() };
  }

  /** Pods are processes of this machine. */
  async reach(_pod: unknown, port: number): Promise<number> {
    return port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#catnap[Symbol.asyncDispose]();
  }
}
