/** For tests: the activator as a process, with the cluster's side in the test's hands. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { FunctionObject } from '#api/function.ts';
import { type Call, ScriptedApiServer } from '#platform/testing/scripted-api-server.ts';
import type { PodObject } from '../replicas/pod-facts.ts';
import { type Backend, startBackend } from './test-backend.ts';
import { aFunction, aPod, until } from './test-gateway.ts';

/** An API server that knows functions, pods and scales, and keeps its watches open. */
export class Cluster implements AsyncDisposable {
  readonly scaleCalls: Call[] = [];
  /** Paths of the lists and watches that were asked for. */
  readonly read: string[] = [];
  /** The keys that service account tokens are signed with; undefined: it shows none. */
  keySet: object | undefined;
  /** Who it says signs them. */
  issuer = 'https://kubernetes.default.svc';
  readonly #server: ScriptedApiServer;
  readonly #functions: FunctionObject[];
  readonly #pods: PodObject[] = [];
  readonly #podWatches: Call[] = [];
  readonly #functionWatches: Call[] = [];
  #version = 10;

  static async start(functions: FunctionObject[]): Promise<Cluster> {
    return new Cluster(await ScriptedApiServer.start(), functions);
  }

  private constructor(server: ScriptedApiServer, functions: FunctionObject[]) {
    this.#server = server;
    this.#functions = functions;
    server.calls.onEach((call) => this.#answer(call));
  }

  get url(): string {
    return this.#server.url;
  }

  showPod(pod: PodObject): void {
    this.#version += 1;
    const object = { ...pod, metadata: { ...pod.metadata, resourceVersion: String(this.#version) } };
    this.#pods.push(object);
    for (const watch of this.#podWatches) if (concerns(watch, object)) watch.send({ type: 'ADDED', object });
  }

  /** Sends a watch event: a function that was there from the start has changed. */
  changeFunction(fn: FunctionObject): void {
    this.#version += 1;
    const object = { ...fn, metadata: { ...fn.metadata, resourceVersion: String(this.#version) } };
    for (const watch of this.#functionWatches) if (concerns(watch, fn)) watch.send({ type: 'MODIFIED', object });
  }

  /** It is in no list that is asked for from now on; watches do not show it. */
  removeFunction(name: string): void {
    const at = this.#functions.findIndex((fn) => fn.metadata.name === name);
    if (at !== -1) this.#functions.splice(at, 1);
  }

  /** Stops answering. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  #answer(call: Call): void {
    this.read.push(call.url.pathname);
    const isPods = call.url.pathname.endsWith('/pods');
    if (call.url.pathname.endsWith('/scale')) {
      this.scaleCalls.push(call);
      call.reply({ kind: 'Scale', metadata: { resourceVersion: '1' }, spec: { replicas: 1 } });
    } else if (call.isWatch) {
      this.#watch(call.open(), isPods);
    } else if (isPods || call.url.pathname.endsWith('/functions')) {
      const functions = this.#functions.filter((fn) => concerns(call, fn));
      call.reply({ metadata: { resourceVersion: '10' }, items: isPods ? [] : functions });
    } else if (call.url.pathname === '/openid/v1/jwks' && this.keySet !== undefined) {
      call.reply(this.keySet);
    } else if (call.url.pathname === '/.well-known/openid-configuration') {
      call.reply({ issuer: this.issuer });
    } else {
      call.reply({ major: '1' });
    }
  }

  #watch(call: Call, isPods: boolean): void {
    (isPods ? this.#podWatches : this.#functionWatches).push(call);
    if (!isPods) return;
    for (const object of this.#pods) if (concerns(call, object)) call.send({ type: 'ADDED', object });
  }
}

/** Whether the call asks for all namespaces, or for the object's. */
function concerns({ url }: Call, { metadata }: { metadata?: { namespace?: string } }): boolean {
  return !url.pathname.includes('/namespaces/') || url.pathname.includes(`/namespaces/${metadata?.namespace}/`);
}

export interface Activator extends AsyncDisposable {
  process: ChildProcess;
  port: number;
  tlsPort: number;
  opsPort: number;
  deliveryPort: number;
  /** Messages of its log. */
  said: string[];
  /** The last lines of its log, as they were written. */
  lastLines: string[];
}

const LAST_LINES = 20;
const FROM_SOURCE = [process.execPath, new URL('../main.ts', import.meta.url).pathname];

/**
 * The program as it is started in a cluster, on free ports.
 * @param command how; default: from its source
 */
export async function startActivator(
  apiUrl: string,
  env: Record<string, string> = {},
  [file = '', ...args]: readonly string[] = FROM_SOURCE,
): Promise<Activator> {
  const child = spawn(file, args, {
    env: {
      CATNAP_API_URL: apiUrl,
      CATNAP_GATEWAY_PORT: '0',
      CATNAP_OPS_PORT: '0',
      HOST: '127.0.0.1',
      CATNAP_DOMAIN: 'fn.example',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let listening: { port: number; tlsPort: number; opsPort: number; deliveryPort: number } | undefined;
  const said: string[] = [];
  const lastLines: string[] = [];
  createInterface(child.stdout).on('line', (line) => {
    if (lastLines.push(line) > LAST_LINES) lastLines.shift();
    const { msg, port, tlsPort, opsPort, deliveryPort } = JSON.parse(line);
    said.push(msg);
    if (msg === 'gateway listens') listening = { port, tlsPort, opsPort, deliveryPort };
  });
  await until(() => listening !== undefined || child.exitCode !== null, 'the gateway listens', 20_000).catch(
    (error) => {
      child.kill('SIGKILL');
      throw error;
    },
  );
  if (child.exitCode !== null) throw new Error(`the activator ended with ${child.exitCode}`);
  const { port = 0, tlsPort = 0, opsPort = 0, deliveryPort = 0 } = listening ?? {};
  return {
    process: child,
    port,
    tlsPort,
    opsPort,
    deliveryPort,
    said,
    lastLines,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill('SIGKILL');
      await exited;
    },
  };
}

export interface Scene extends AsyncDisposable {
  cluster: Cluster;
  activator: Activator;
  backend: Backend;
  /** Paths that the replica was asked for. */
  seen: (string | undefined)[];
}

/** One function at zero, and a server that could be its pod. @param fn how it is; default: `hello` */
export async function aSleepingFunction(env: Record<string, string> = {}, fn = aFunction('hello')): Promise<Scene> {
  const cluster = await Cluster.start([fn]);
  const activator = await startActivator(cluster.url, env).catch(async (error: unknown) => {
    await cluster[Symbol.asyncDispose]();
    throw error;
  });
  const seen: (string | undefined)[] = [];
  const backend = await startBackend('uid-of-pod-a', (req, res) => {
    seen.push(req.url);
    if (req.url === '/slow') setTimeout(() => res.end('slow'), 700);
    else if (req.url === '/protocol') res.end(req.headers['x-forwarded-proto']);
    else res.end(`request ${seen.length}`);
  });
  return {
    seen,
    cluster,
    activator,
    backend,
    async [Symbol.asyncDispose]() {
      await activator[Symbol.asyncDispose]();
      backend.server.closeAllConnections();
      backend.server.close();
      await cluster[Symbol.asyncDispose]();
    },
  };
}

/** The pod of that server. */
export const shown = ({ ip, port }: Backend) => aPod({ name: 'pod-a', revision: 'hello-1', ip, port });
