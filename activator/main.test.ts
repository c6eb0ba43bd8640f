import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import type { FunctionObject } from '#api/function.ts';
import { type Call, ScriptedApiServer } from '#platform/scripted-api-server.ts';
import type { PodObject } from './pod-state.ts';
import { type Backend, startBackend } from './test-backend.ts';
import { aFunction, aPod, ask, until } from './test-gateway.ts';

/** An API server that knows functions, pods and scales, and keeps its watches open. */
class Cluster implements AsyncDisposable {
  readonly scaleCalls: Call[] = [];
  readonly #server: ScriptedApiServer;
  readonly #functions: FunctionObject[];
  readonly #podWatches: Call[] = [];
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
    for (const watch of this.#podWatches) watch.send({ type: 'ADDED', object });
  }

  /** Stops answering. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  #answer(call: Call): void {
    const isPods = call.url.pathname.endsWith('/pods');
    if (call.url.pathname.endsWith('/scale')) {
      this.scaleCalls.push(call);
      call.reply({ kind: 'Scale', metadata: { resourceVersion: '1' }, spec: { replicas: 1 } });
    } else if (call.isWatch) {
      call.open();
      if (isPods) this.#podWatches.push(call);
    } else if (isPods || call.url.pathname.endsWith('/functions')) {
      call.reply({ metadata: { resourceVersion: '10' }, items: isPods ? [] : this.#functions });
    } else {
      call.reply({ major: '1' });
    }
  }
}

interface Activator extends AsyncDisposable {
  process: ChildProcess;
  port: number;
  opsPort: number;
}

/** The program as it is started in a cluster, on free ports. */
async function startActivator(apiUrl: string): Promise<Activator> {
  const child = spawn(process.execPath, [new URL('main.ts', import.meta.url).pathname], {
    env: {
      CATNAP_API_URL: apiUrl,
      CATNAP_GATEWAY_PORT: '0',
      CATNAP_GATEWAY_HOST: '127.0.0.1',
      CATNAP_OPS_PORT: '0',
      CATNAP_OPS_HOST: '127.0.0.1',
      CATNAP_DOMAIN: 'fn.example',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let listening: { port: number; opsPort: number } | undefined;
  createInterface(child.stdout).on('line', (line) => {
    const { msg, port, opsPort } = JSON.parse(line);
    if (msg === 'gateway listens') listening = { port, opsPort };
  });
  await until(() => listening !== undefined, 'the gateway listens', 20_000);
  const { port = 0, opsPort = 0 } = listening ?? {};
  return {
    process: child,
    port,
    opsPort,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill('SIGKILL');
      await exited;
    },
  };
}

interface Scene extends AsyncDisposable {
  cluster: Cluster;
  activator: Activator;
  backend: Backend;
  /** Paths that the replica was asked for. */
  seen: (string | undefined)[];
}

/** One function at zero, and a server that could be its pod. */
async function aSleepingFunction(): Promise<Scene> {
  const cluster = await Cluster.start([aFunction('hello')]);
  const activator = await startActivator(cluster.url);
  const seen: (string | undefined)[] = [];
  const backend = await startBackend('uid-of-pod-a', (req, res) => {
    seen.push(req.url);
    if (req.url === '/slow') setTimeout(() => res.end('slow'), 700);
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

const shown = ({ ip, port }: Backend) => aPod({ name: 'pod-a', revision: 'hello-1', ip, port });

test('the process wakes a function, outlives the API server, and leaves when told to, finishing what it has', async () => {
  await using scene = await aSleepingFunction();
  const { cluster, activator, backend } = scene;
  const first = ask(activator.port);
  await until(() => cluster.scaleCalls.length > 0, 'the scale is asked for');
  const [call] = cluster.scaleCalls;
  assert.equal(call?.method, 'PATCH');
  assert.equal(call?.url.pathname, '/apis/apps/v1/namespaces/default/deployments/hello-1/scale');
  assert.equal(call?.query('fieldManager'), 'catnap-scaler');
  assert.equal(call?.headers['content-type'], 'application/merge-patch+json');
  assert.deepEqual(JSON.parse(call?.body ?? ''), { spec: { replicas: 1 } });
  cluster.showPod(shown(backend));
  assert.equal((await first).body, 'request 1');

  const metrics = await (await fetch(`http://127.0.0.1:${activator.opsPort}/metrics`)).text();
  const labels = '{namespace="default",function="hello"}';
  assert.ok(metrics.includes(`catnap_activator_requests_total${labels} 1\n`));
  assert.ok(metrics.includes(`catnap_activator_concurrency${labels} 0\n`));
  assert.match(metrics, /catnap_activator_concurrency_seconds_total\{[^}]*\} 0\.\d+/);
  assert.match(metrics, /catnap_activator_responses_total\{[^}]*code="200"\} 1/);
  assert.match(metrics, /catnap_activator_cold_start_seconds_count\{[^}]*\} 1/);
  assert.match(metrics, /catnap_activator_cold_start_seconds_bucket\{[^}]*le="\+Inf"\} 1/);

  await cluster[Symbol.asyncDispose]();
  assert.equal((await ask(activator.port)).body, 'request 2');

  const slow = ask(activator.port, { path: '/slow' });
  await until(() => scene.seen.includes('/slow'), 'it runs');
  activator.process.kill('SIGTERM');
  await untilStatus(`http://127.0.0.1:${activator.opsPort}/readyz`, 503);
  const last = await slow;
  assert.equal(last.body, 'slow');
  assert.equal(last.headers.connection, 'close');
  if (activator.process.exitCode === null) await once(activator.process, 'exit');
  assert.equal(activator.process.exitCode, 0);
});

async function untilStatus(url: string, status: number): Promise<void> {
  const signal = AbortSignal.timeout(5_000);
  while ((await fetch(url, { signal })).status !== status) await new Promise((resolve) => setTimeout(resolve, 5));
}
