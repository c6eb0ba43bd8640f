import { join } from 'node:path';
import { aFunction, aPod } from '../../activator/testing/test-gateway.ts';
import { type Activator, Cluster, startActivator } from '../../activator/testing/test-process.ts';
import { imageEnv } from '../support/image-env.ts';
import { onSide, stop } from './cores.ts';
import { type Nginx, startNginx } from './nginx.ts';
import { startServer } from './server.ts';

const HOST = '127.0.0.1';
const DOMAIN = 'fn.example';
const MEBIBYTE = 1 << 20;
const ACTIVATOR = join(import.meta.dirname, '../../dist/activator/activator.mjs');

/** Straight to the backend, or through a proxy. */
export type Way = 'direct' | 'nginx' | 'activator';
export const WAYS: readonly Way[] = ['direct', 'nginx', 'activator'];

/** Functions of the stage: two whose replica is nginx with a fixed answer, one whose replica gives back what it gets. */
export type StageFunction = 'hello' | 'other' | 'echo';
const FUNCTIONS: readonly StageFunction[] = ['hello', 'other', 'echo'];

/** Its Host header. */
export function hostOf(name: string): string {
  return `${name}.default.${DOMAIN}`;
}

export interface ActivatorOptions {
  /** Beside that of the bench. */
  env?: Readonly<Record<string, string>>;
  /** For node, before the program. */
  nodeOptions?: readonly string[];
}

/** The activator as it is in its image, on the proxies' processor. */
export function startBuiltActivator(
  cluster: Cluster,
  { nodeOptions = [], env: more = {} }: ActivatorOptions = {},
): Promise<Activator> {
  const env = { ...imageEnv('activator'), CATNAP_DOMAIN: DOMAIN, CATNAP_DRAIN_QUIET_SECONDS: '0', ...more };
  return startActivator(cluster.url, env, onSide('proxy', [process.execPath, ...nodeOptions, ACTIVATOR]));
}

/** The pod of a function, somebody's image at this address. */
export function podOf(name: string, port: number) {
  return aPod({ name: `${name}-pod`, revision: `${name}-1`, ip: HOST, port, image: true });
}

/** Backends, and beside each other the two ways to them: nginx and the activator, on the same processor. */
export class Stage implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;
  readonly #ports: Readonly<Record<Way, Readonly<Record<StageFunction, number>>>>;
  readonly #pids: Readonly<Record<'nginx' | 'activator', number>>;

  private constructor(stack: AsyncDisposableStack, backends: Backends, nginx: Nginx, activator: Activator) {
    this.#stack = stack;
    this.#ports = { direct: backends, nginx: all(nginx.port), activator: all(activator.port) };
    this.#pids = { nginx: nginx.pid, activator: activator.process.pid ?? 0 };
  }

  static async start(options: ActivatorOptions = {}): Promise<Stage> {
    await using stack = new AsyncDisposableStack();
    const backend = stack.use(await startNginx(BACKEND));
    const echo = stack.use(await startServer('rest', 'echo.mjs'));
    const backends = { hello: backend.port, other: backend.port, echo: echo.port };
    const nginx = stack.use(await startNginx({ side: 'proxy', http: proxyConfiguration(backend.port, echo.port) }));
    const cluster = stack.use(await Cluster.start(FUNCTIONS.map((name) => aFunction(name, UNLIMITED))));
    const activator = await startBuiltActivator(cluster, options);
    stack.defer(() => stop(activator.process));
    for (const name of FUNCTIONS) cluster.showPod(podOf(name, backends[name]));
    return new Stage(stack.move(), backends, nginx, activator);
  }

  port(way: Way, name: StageFunction): number {
    return this.#ports[way][name];
  }

  url(way: Way, name: StageFunction, path: string): string {
    return `http://${HOST}:${this.port(way, name)}${path}`;
  }

  /** The process whose work a way is; undefined: that is not measured. */
  pid(way: Way): number | undefined {
    return way === 'direct' ? undefined : this.#pids[way];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

type Backends = Readonly<Record<StageFunction, number>>;

/** One replica takes all there is. */
const UNLIMITED = { concurrency: { target: 1000 }, scaling: { maxReplicas: 1 } };

const all = (port: number): Backends => ({ hello: port, other: port, echo: port });

/** nginx that answers at once: with a few bytes, or a mebibyte. */
export const BACKEND = {
  side: 'rest',
  http: `server { listen LISTEN; location / { return 200 "hello"; } location = /mebibyte { root files; } }`,
  files: { mebibyte: 'm'.repeat(MEBIBYTE) },
} as const;

function proxyConfiguration(backendPort: number, echoPort: number): string {
  const upstream = (name: string, port: number) =>
    `upstream ${name} { server ${HOST}:${port}; keepalive 1024; keepalive_requests 1000000000; }`;
  const server = (name: string, upstreamName: string) =>
    `server { listen LISTEN; server_name ${name}.*; location / { proxy_pass http://${upstreamName}; } }`;
  // A posted body stays in memory: through a file, nginx would be three times as slow as it can be.
  return `${upstream('fixed', backendPort)} ${upstream('back', echoPort)}
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; proxy_buffers 16 64k; client_body_buffer_size 256k;
  ${server('echo', 'back')} ${server('hello', 'fixed')} ${server('other', 'fixed')}`;
}
