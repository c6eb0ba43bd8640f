import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { aFunction } from '../../activator/testing/test-gateway.ts';
import { type Activator, Cluster } from '../../activator/testing/test-process.ts';
import { freePort } from '../../local/run/free-port.ts';
import { DISPATCHER_SUBJECT, DispatcherProcess, Tokens } from '../integration/dispatcher-process.ts';
import { eventually } from '../support/eventually.ts';
import { imageEnv } from '../support/image-env.ts';
import { onSide, stop } from './cores.ts';
import { startNginx } from './nginx.ts';
import { type ActivatorOptions, BACKEND, podOf, startBuiltActivator } from './stage.ts';

const HOST = '127.0.0.1';
const DISPATCHER = join(import.meta.dirname, '../../dist/operator/dispatcher.mjs');
const LOOK_MS = 100;
/** More than any run makes. */
const ROOM = {
  CATNAP_ASYNC_FUNCTION_ENTRIES: '10000000',
  CATNAP_ASYNC_FUNCTION_MIB: '100000',
  CATNAP_ASYNC_NAMESPACE_ENTRIES: '10000000',
  CATNAP_ASYNC_NAMESPACE_MIB: '100000',
};

/** Of all times, in the store's own figures. */
interface Totals {
  accepted: number;
  done: number;
}

/**
 * The function `hello`, whose replica is nginx with a fixed answer, behind an activator on the proxies' processor. The dispatcher, two
 * threads of which one waits for the disk, has what is left of both.
 */
export class AsyncScene implements AsyncDisposable {
  readonly activator: Activator;
  readonly dispatcher: DispatcherProcess;
  /** On the disk of the store. */
  readonly folder: string;
  readonly #stack: AsyncDisposableStack;

  private constructor(parts: Pick<AsyncScene, 'activator' | 'dispatcher' | 'folder'>, stack: AsyncDisposableStack) {
    this.activator = parts.activator;
    this.dispatcher = parts.dispatcher;
    this.folder = parts.folder;
    this.#stack = stack;
  }

  /** @param deliveries at once */
  static async start(deliveries: number, { nodeOptions = [] }: ActivatorOptions = {}): Promise<AsyncScene> {
    await using stack = new AsyncDisposableStack();
    const backend = stack.use(await startNginx(BACKEND));
    const async = { maxConcurrency: deliveries, maxAgeSeconds: 86_400 };
    const hello = aFunction('hello', { concurrency: { target: 1000 }, scaling: { maxReplicas: 1 }, async });
    const cluster = stack.use(await Cluster.start([hello]));
    const tokens = new Tokens();
    cluster.keySet = tokens.keySet;
    cluster.issuer = tokens.issuer;
    const folder = await mkdtemp(join(tmpdir(), 'catnap-bench-async-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const intakePort = String(await freePort());
    const activator = await startGateway(cluster, { intakePort, folder, tokens, nodeOptions });
    stack.defer(() => stop(activator.process));
    const gateways = { CATNAP_GATEWAY_URLS: `http://${HOST}:${activator.deliveryPort}` };
    const dispatcher = await DispatcherProcess.start({
      ...{ apiUrl: cluster.url, tokens, folder },
      env: { ...imageEnv('operator'), CATNAP_INTAKE_PORT: intakePort, ...gateways, ...ROOM },
      command: onSide('any', [process.execPath, ...nodeOptions, DISPATCHER]),
    });
    stack.defer(() => dispatcher.stop().then(() => undefined));
    await eventually('the dispatcher is ready', () => dispatcher.isReady());
    cluster.showPod(podOf('hello', backend.port));
    return new AsyncScene({ activator, dispatcher, folder }, stack.move());
  }

  get pids(): { gateway: number; dispatcher: number } {
    return { gateway: this.activator.process.pid ?? 0, dispatcher: this.dispatcher.child.pid ?? 0 };
  }

  async totals(): Promise<Totals> {
    const text = await (await fetch(`${this.dispatcher.opsUrl}/metrics`)).text();
    const of = (sample: string) =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${sample} `))
          ?.split(' ')[1],
      );
    return {
      accepted: of('catnap_dispatcher_accepted_total'),
      done: of('catnap_dispatcher_ended_total{outcome="done"}'),
    };
  }

  /** Once all that was accepted is done. To be told so takes processor time of its own: it is not asked often. */
  async drained(withinMs: number): Promise<Totals> {
    for (const deadline = performance.now() + withinMs; performance.now() < deadline; await sleep(LOOK_MS)) {
      const totals = await this.totals();
      if (totals.done === totals.accepted) return totals;
    }
    throw new Error(`what was accepted is not done within ${withinMs} ms`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

interface GatewayOptions {
  /** Of the dispatcher, which is not there yet. */
  intakePort: string;
  /** Its token is kept there. */
  folder: string;
  tokens: Tokens;
  nodeOptions: readonly string[];
}

async function startGateway(
  cluster: Cluster,
  { intakePort, folder, tokens, nodeOptions }: GatewayOptions,
): Promise<Activator> {
  const tokenFile = join(folder, 'gateway-token');
  await writeFile(tokenFile, tokens.ofGateway());
  const env = {
    CATNAP_DISPATCHER_URL: `http://${HOST}:${intakePort}`,
    CATNAP_DISPATCHER_TOKEN_FILE: tokenFile,
    CATNAP_DELIVERY_PORT: '0',
    CATNAP_DISPATCHER_SUBJECT: DISPATCHER_SUBJECT,
  };
  return await startBuiltActivator(cluster, { nodeOptions, env });
}
