/** Operators as processes, each behind a wire of its own to one API server. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { clusterAccess } from '#platform/access/cluster-access.ts';
import { KubeClient } from '#platform/kube/client.ts';
import { applyCrds, LocalCluster } from '../../local/run/cluster.ts';
import { untilAnswering } from '../../local/run/until-answering.ts';
import { eventually } from '../support/eventually.ts';
import { inherited } from '../support/settings.ts';

const OPERATOR = join(import.meta.dirname, '..', '..', 'operator', 'main.ts');

/** An API server that knows Functions, and nothing else. */
export async function startApiServer(
  parts: AsyncDisposableStack,
): Promise<{ cluster: LocalCluster; kube: KubeClient }> {
  const folder = await mkdtemp(join(tmpdir(), 'catnap-operators-'));
  parts.defer(() => rm(folder, { recursive: true, force: true }));
  const kubeconfig = join(folder, 'kubeconfig');
  const cluster = parts.use(await LocalCluster.start({ apiPort: 0, inherited, kubeconfig }));
  const soon = AbortSignal.timeout(30_000);
  await untilAnswering(`${cluster.url}/readyz`, soon);
  const kube = parts.use(new KubeClient(await clusterAccess(cluster.access)));
  await applyCrds(kube, soon);
  return { cluster, kube };
}

/** A request that came through a wire. */
export interface Passed {
  /** Whose wire. */
  who: string;
  method: string;
  path: string;
  /** By performance.now(). */
  atMs: number;
}

const isLease = (path: string) => path.includes('/leases');

/** Leads to the API server, notes each request, and loses what concerns the lease while it is cut. */
class Wire implements AsyncDisposable {
  leaseCut = false;
  readonly #who: string;
  readonly #to: string;
  readonly #passed: Passed[];
  readonly #server: Server;

  constructor(who: string, to: string, passed: Passed[]) {
    this.#who = who;
    this.#to = to;
    this.#passed = passed;
    this.#server = createServer((from, answer) => this.#pass(from, answer)).listen(0, '127.0.0.1');
  }

  async url(): Promise<string> {
    if (!this.#server.listening) await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #pass(from: IncomingMessage, answer: ServerResponse): void {
    const { method = '', url: path = '', headers } = from;
    this.#passed.push({ who: this.#who, method, path, atMs: performance.now() });
    if (isLease(path) && this.leaseCut) return;
    const sent = request(new URL(path, this.#to), { method, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 500, response.headers);
      answer.flushHeaders();
      response.on('data', (chunk) => (isLease(path) && this.leaseCut) || answer.write(chunk));
      response.on('end', () => answer.end());
      response.on('error', () => answer.destroy());
    });
    sent.on('error', () => answer.destroy());
    answer.on('close', () => sent.destroy());
    from.pipe(sent);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

export interface OperatorOnWire {
  wire: Wire;
  process: ChildProcess;
  /** Resolves with its exit code and signal. */
  exited: Promise<unknown>;
  /** What `/metrics` says of `catnap_leader`. */
  leads(): Promise<boolean>;
  ready(): Promise<boolean>;
}

/** Starts an operator, called `who`; resolves when it is ready. */
export async function startOperatorOnWire(
  parts: AsyncDisposableStack,
  cluster: LocalCluster,
  { who, passed, env }: { who: string; passed: Passed[]; env: Record<string, string> },
): Promise<OperatorOnWire> {
  const wire = parts.use(new Wire(who, cluster.url, passed));
  const child = spawn(process.execPath, [OPERATOR], {
    env: {
      ...inherited,
      ...cluster.access,
      CATNAP_API_URL: await wire.url(),
      CATNAP_OPS_PORT: '0',
      HOST: '127.0.0.1',
      POD_NAME: who,
      CATNAP_LOG_LEVEL: 'info',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  parts.defer(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let opsPort: number | undefined;
  createInterface(child.stdout).on('line', (line) => {
    const said = JSON.parse(line) as { msg: string; opsPort?: number };
    if (said.msg === 'listening') opsPort = said.opsPort;
  });
  const ask = async (path: string) => fetch(`http://127.0.0.1:${opsPort}${path}`);
  const operator = {
    wire,
    process: child,
    exited,
    leads: async () => (await (await ask('/metrics')).text()).includes('\ncatnap_leader 1\n'),
    ready: async () => (await ask('/readyz')).ok,
  };
  await eventually(`${who} is ready`, () => opsPort !== undefined && operator.ready(), 60_000);
  return operator;
}
