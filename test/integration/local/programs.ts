/** The local cluster's programs as processes, for tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { clusterAccess } from '#platform/access/cluster-access.ts';
import { KubeClient } from '#platform/kube/client.ts';
import type { LocalImage } from '../../../local/cluster/pod-runner/images.ts';
import { inherited } from '../../support/settings.ts';

const LOCAL = join(import.meta.dirname, '..', '..', '..', 'local', 'cluster');

/** One program; it runs when `start` resolves. */
class Program {
  readonly #file: string;
  readonly #env: Record<string, string>;
  readonly #until: string;
  #child: ChildProcess | undefined;

  constructor(name: string, env: Record<string, string>, until: string) {
    this.#file = join(LOCAL, name, 'main.ts');
    this.#env = env;
    this.#until = until;
  }

  async start(): Promise<void> {
    const env = { ...inherited, ...this.#env };
    const child = spawn(process.execPath, [this.#file], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    const said: string[] = [];
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`${this.#file} ended with ${code}:\n${said.join('\n')}`)));
      createInterface(child.stdout).on('line', (line) => {
        if (said.push(line) > 200) said.shift();
        if (line.includes(this.#until)) resolve();
      });
    });
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }
}

export class TestCluster implements AsyncDisposable {
  readonly apiServer: Program;
  readonly podRunner: Program;
  readonly serviceProxy: Program;
  readonly dataDir: string;
  readonly url: string;
  readonly kube: KubeClient;

  private constructor(dataDir: string, port: number, images: object, kube: KubeClient) {
    this.dataDir = dataDir;
    this.url = `http://127.0.0.1:${port}`;
    this.kube = kube;
    const level = { CLUSTER_LOG_LEVEL: 'info' };
    const api = { CLUSTER_API_PORT: String(port), CLUSTER_DATA_DIR: dataDir, ...level };
    this.apiServer = new Program('api-server', api, '"api server listens"');
    const runner = {
      ...accessTo(port, dataDir),
      CLUSTER_DATA_DIR: dataDir,
      CLUSTER_IMAGES: JSON.stringify(images),
      ...level,
    };
    this.podRunner = new Program('pod-runner', runner, '"pod runner ready"');
    const proxy = { ...accessTo(port, dataDir), ...level };
    this.serviceProxy = new Program('service-proxy', proxy, '"service proxy ready"');
  }

  static async start(images: Record<string, string[] | LocalImage>): Promise<TestCluster> {
    const dataDir = mkdtempSync(join(tmpdir(), 'catnap-test-'));
    writeFileSync(join(dataDir, 'admin.token'), 'for-tests');
    const port = await freePort();
    const kube = new KubeClient(await clusterAccess(accessTo(port, dataDir)));
    const cluster = new TestCluster(dataDir, port, images, kube);
    await Promise.all([cluster.apiServer.start(), cluster.podRunner.start(), cluster.serviceProxy.start()]);
    return cluster;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.podRunner.end('SIGTERM');
    await this.serviceProxy.end('SIGTERM');
    await this.kube[Symbol.asyncDispose]();
    await this.apiServer.end('SIGTERM');
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

function accessTo(port: number, dataDir: string) {
  return { CATNAP_API_URL: `http://127.0.0.1:${port}`, CATNAP_API_TOKEN_FILE: join(dataDir, 'admin.token') };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
