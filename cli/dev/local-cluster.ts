import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { LocalCatnap, podsPortProblem } from '#local/run/local-catnap.ts';
import { Terminal } from '#local/run/terminal/terminal.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import type { DevCluster, FunctionNames, ShownLine } from './dev-cluster.ts';

/** Of the gateway, where it is free. */
const USUAL_PORT = 8080;
/** Of no pod: theirs begin above. */
const CLAIM_ADDRESS = '127.0.255.252';

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
  readonly #claim: Server | undefined;

  private constructor(catnap: LocalCatnap, options: LocalOptions, claim: Server | undefined) {
    this.#catnap = catnap;
    this.#claim = claim;
    this.#options = options;
    this.namespace = options.namespace ?? 'default';
  }

  /** Throws a CommandError where the port is taken, or a program does not start. */
  static async start(options: LocalOptions): Promise<LocalDevCluster> {
    const { port, signal } = options;
    const claim = port === undefined ? await claimUsualPort() : undefined;
    const catnap = await start(options, port ?? (claim === undefined ? 0 : USUAL_PORT))
      // Another program has the usual port.
      .catch((error) => (port === undefined && isTaken(error) ? start(options, 0) : Promise.reject(error)))
      .catch((cause: Error & { port?: number }) => {
        if (signal.aborted) throw cause;
        const taken = isTaken(cause) ? `port ${cause.port} is taken by another program` : undefined;
        const why = podsPortProblem(cause) ?? taken ?? cause.message;
        throw new CommandError(`the local cluster does not start: ${why}`, EXIT.failed, { cause });
      });
    return new LocalDevCluster(catnap, options, claim);
  }

  get kube() {
    return this.#catnap.kube;
  }

  get greeting(): string[] {
    const { plane, cluster } = this.#catnap;
    return [`gateway     ${plane.gateway}`, `kubeconfig  ${cluster.kubeconfig}`];
  }

  follow(_functions: () => FunctionNames, shown: ShownLine): AsyncDisposable {
    const { plane, cluster } = this.#catnap;
    const { colour, say } = this.#options;
    const terminal = new Terminal({
      gatewayLog: plane.activatorLog,
      dispatcherLog: plane.dispatcherLog,
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
    this.#claim?.close();
  }
}

/**
 * Claims the usual port among runs, two of which may begin at the same moment: a socket at an address that nothing else listens
 * at is theirs who has it, for as long as its process lives. Undefined: another run has it.
 */
async function claimUsualPort(): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy()).listen(USUAL_PORT, CLAIM_ADDRESS);
  return await once(server, 'listening').then(
    () => server.unref(),
    () => undefined,
  );
}

function start({ env, say, signal }: LocalOptions, gatewayPort: number): Promise<LocalCatnap> {
  return LocalCatnap.start({
    apiPort: 0,
    gatewayPort,
    domain: 'localhost',
    inherited: { PATH: env.PATH, HOME: env.HOME ?? '/' },
    say,
    stopping: signal,
  });
}

/** A port of the gateway, not that of pods. */
function isTaken(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EADDRINUSE' && podsPortProblem(error) === undefined;
}
