import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
/** More than any run makes. */
const ROOM = { CATNAP_ASYNC_FUNCTION_ENTRIES: '10000000', CATNAP_ASYNC_FUNCTION_MIB: '100000' };
const NAMESPACE_ROOM = { CATNAP_ASYNC_NAMESPACE_ENTRIES: '10000000', CATNAP_ASYNC_NAMESPACE_MIB: '100000' };

/** Of all times, in the store's own figures. */
interface Totals {
  accepted: number;
  done: number;
}

/**
 * The function `hello`, whose replica is nginx with a fixed answer, behind an activator on the proxies' processor and with a
 * dispatcher on the other one, as what a proxy leads to.
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
    const tokenFile = join(folder, 'gateway-token');
    await writeFile(tokenFile, tokens.ofGateway());
    const intakePort = String(await freePort());
    const env = {
      CATNAP_DISPATCHER_URL: `http://${HOST}:${intakePort}`,
      CATNAP_DISPATCHER_TOKEN_FILE: tokenFile,
      CATNAP_DELIVERY_PORT: '0',
      CATNAP_DISPATCHER_SUBJECT: DISPATCHER_SUBJECT,
    };
    const activator = await startBuiltActivator(cluster, { nodeOptions, env });
    stack.defer(() => stop(activator.process));
    const gateways = { CATNAP_GATEWAY_URLS: `http://${HOST}:${activator.deliveryPort}` };
    const dispatcher = stack.use(
      await DispatcherProcess.start({
        ...{ apiUrl: cluster.url, tokens, folder },
        env: { ...imageEnv('operator'), CATNAP_INTAKE_PORT: intakePort, ...gateways, ...ROOM, ...NAMESPACE_ROOM },
        command: onSide('rest', [process.execPath, ...nodeOptions, DISPATCHER]),
      }),
    );
    stack.defer(() => dispatcher.stop().then(() => undefined));
    await eventually('the dispatcher is ready', () => dispatcher.isReady());
    cluster.showPod(podOf('hello', backend.port));
    return new AsyncScene({ activator, dispatcher, folder }, stack.move());
  }

  get pids(): { gateway: number; dispatcher: number } {
    return { gateway: this.activator.process.pid ?? 0, dispatcher: this.dispatcher.child.pid ?? 0 };
  }

  async totals(): Promise<Totals> {
    return {
      accepted: await this.dispatcher.metric('catnap_dispatcher_accepted_total'),
      done: await this.dispatcher.metric('catnap_dispatcher_ended_total{outcome="done"}'),
    };
  }

  /** Once all that was accepted is done. */
  async drained(withinMs: number): Promise<Totals> {
    return await eventually(
      'all that was accepted is done',
      async () => {
        const totals = await this.totals();
        return totals.done === totals.accepted && totals;
      },
      withinMs,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
