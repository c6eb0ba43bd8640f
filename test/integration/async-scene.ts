/** Gateway and dispatcher as processes, between a client and a function that answers as the test says. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '#platform/testing/until.ts';
import { startBackend } from '../../activator/testing/test-backend.ts';
import { type Asked, type AskOptions, aFunction, ask } from '../../activator/testing/test-gateway.ts';
import { type Activator, Cluster, shown, startActivator } from '../../activator/testing/test-process.ts';
import { DISPATCHER_SUBJECT, DispatcherProcess, Tokens } from './dispatcher-process.ts';

const LATER = { prefer: 'respond-async' };

export interface FunctionCall {
  headers: IncomingMessage['headers'];
  url: string | undefined;
  body: string;
}

interface SceneOptions {
  /** `spec.async` of the function. */
  async?: object;
  /** Of the dispatcher, beside what it needs. */
  env?: Record<string, string>;
  /** How the dispatcher is started, with the folder of its store; default: from its source. */
  command?: (storeFolder: string) => readonly string[];
}

interface SceneParts {
  stack: AsyncDisposableStack;
  gateway: Activator;
  fn: Pick<AsyncScene, 'calls' | 'state'>;
  dispatcher: DispatcherStart;
}

type DispatcherStart = Parameters<typeof DispatcherProcess.start>[0];

/** A cluster with the function `hello`, which answers `done` until the test says otherwise. */
export class AsyncScene implements AsyncDisposable {
  readonly gateway: Activator;
  readonly state: { answer(call: FunctionCall, response: ServerResponse): void };
  /** Requests that the function had. */
  readonly calls: FunctionCall[];
  readonly #stack: AsyncDisposableStack;
  readonly #start: DispatcherStart;
  #dispatcher: DispatcherProcess | undefined;

  static async start({ async = {}, env, command }: SceneOptions = {}): Promise<AsyncScene> {
    await using stack = new AsyncDisposableStack();
    const cluster = stack.use(await Cluster.start([aFunction('hello', { async })]));
    const tokens = new Tokens();
    cluster.keySet = tokens.keySet;
    cluster.issuer = tokens.issuer;
    const folder = await mkdtemp(join(tmpdir(), 'catnap-async-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const { backend, ...fn } = await answeringFunction();
    stack.defer(() => backend.down());
    const intakePort = String(await freePort());
    const gateway = stack.use(await gatewayOf(cluster.url, { folder, intakePort, token: tokens.ofGateway() }));
    const url = `http://127.0.0.1:${gateway.deliveryPort}`;
    const dispatcher = {
      ...{ apiUrl: cluster.url, tokens, folder },
      env: { CATNAP_INTAKE_PORT: intakePort, CATNAP_GATEWAY_URLS: url, ...env },
      ...(command && { command: command(join(folder, 'store')) }),
    };
    const scene = new AsyncScene({ stack: stack.move(), gateway, fn, dispatcher });
    await using begun = new AsyncDisposableStack();
    begun.use(scene);
    await scene.startDispatcher();
    cluster.showPod(shown(backend));
    begun.move();
    return scene;
  }

  private constructor({ stack, gateway, fn, dispatcher }: SceneParts) {
    this.gateway = gateway;
    this.state = fn.state;
    this.calls = fn.calls;
    this.#stack = stack;
    this.#start = dispatcher;
  }

  /** The one that was started last. */
  get dispatcher(): DispatcherProcess {
    if (this.#dispatcher === undefined) throw new Error('no dispatcher was started');
    return this.#dispatcher;
  }

  async startDispatcher(): Promise<void> {
    const dispatcher = this.#stack.use(await DispatcherProcess.start(this.#start));
    await until(() => dispatcher.isReady(), 'the dispatcher is ready', 20_000);
    this.#dispatcher = dispatcher;
  }

  /** Without waiting for its end. `path`: where it is asked for. */
  async send(options: AskOptions = {}): Promise<Asked & { path: string }> {
    const headers = { ...LATER, ...options.headers };
    const answer = await ask(this.gateway.port, { method: 'POST', ...options, headers });
    return { ...answer, path: String(answer.headers.location) };
  }

  /** How it goes, as its client is told: once it has ended, or after half a minute. */
  async ended(path: string) {
    const { body } = await ask(this.gateway.port, { path, headers: { prefer: 'wait=30' } });
    return JSON.parse(body);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

/** One that nothing listens at now, for what has to be known before it listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answeringFunction() {
  const calls: FunctionCall[] = [];
  const state: AsyncScene['state'] = { answer: (_call, response) => void response.end('done') };
  const backend = await startBackend('uid-of-pod-a', async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    const call = { headers: request.headers, url: request.url, body };
    calls.push(call);
    state.answer(call, response);
  });
  return { calls, state, backend };
}

async function gatewayOf(
  apiUrl: string,
  { folder, intakePort, token }: { folder: string; intakePort: string; token: string },
): Promise<Activator> {
  const tokenFile = join(folder, 'gateway-token');
  await writeFile(tokenFile, token);
  return await startActivator(apiUrl, {
    CATNAP_DISPATCHER_URL: `http://127.0.0.1:${intakePort}`,
    CATNAP_DISPATCHER_TOKEN_FILE: tokenFile,
    CATNAP_DELIVERY_PORT: '0',
    CATNAP_DISPATCHER_SUBJECT: DISPATCHER_SUBJECT,
  });
}
