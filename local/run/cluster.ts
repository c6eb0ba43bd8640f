import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { clusterAccess } from '#platform/access/cluster-access.ts';
import { KubeClient } from '#platform/kube/client.ts';
import { establishCrd } from '#platform/kube/crd.ts';
import type { KubeObject } from '#platform/kube/resources.ts';
import { ROOT } from '../package-root.ts';
import { clusterImages, type GivenImages } from './cluster-images.ts';
import { freePort } from './free-port.ts';
import { guarded, unguarded } from './guard.ts';
import {
  type Env,
  type Inherited,
  LOCAL_RUNTIME_IMAGE,
  type LocalProgram,
  localProgram,
  RUNTIME_IMAGE,
} from './programs.ts';
import { Supervised } from './supervised.ts';
import { untilAnswering } from './until-answering.ts';

/** What the kubeconfig and the administrator are named for. */
const CLUSTER_NAME = 'catnap';

interface LocalClusterOptions {
  /** Where the state is kept; absent: a temporary folder that `stop` removes. */
  dataDir?: string | undefined;
  /** 0: any free one. */
  apiPort: number;
  inherited: Inherited;
  /** Where the kubeconfig goes; absent: among the state. */
  kubeconfig?: string | undefined;
  /** Further images that pods may name, and what stands for each: a command, or a command with the image's folders. */
  images?: GivenImages;
  /** File to which the API server appends what it is asked: audit.k8s.io/v1 Events, one a line. */
  auditLog?: string | undefined;
  /** Seed: it is about as slow as a real cluster, in the way that this number gives; absent: everything is immediate. */
  realism?: number | undefined;
  onExit?: (name: string, logFile: string) => void;
}

/** The stand-in for Kubernetes: an API server, a pod runner and what leads to Services, kept running. */
export class LocalCluster implements AsyncDisposable {
  readonly url: string;
  readonly dataDir: string;
  readonly kubeconfig: string;
  /** Environment that leads a process to this API server. */
  readonly access: Env;
  readonly #temporary: boolean;
  readonly #options: LocalClusterOptions;
  readonly #port: number;
  #apiServer: Supervised | undefined;
  #podRunner: Supervised | undefined;
  #serviceProxy: Supervised | undefined;

  private constructor(options: LocalClusterOptions, dataDir: string, port: number) {
    this.#options = options;
    this.#temporary = options.dataDir === undefined;
    this.#port = port;
    this.dataDir = dataDir;
    this.kubeconfig = options.kubeconfig ?? join(dataDir, 'kubeconfig');
    this.url = `http://127.0.0.1:${port}`;
    this.access = { CATNAP_API_URL: this.url, CATNAP_API_TOKEN_FILE: join(dataDir, 'admin.token') };
  }

  static async start(options: LocalClusterOptions): Promise<LocalCluster> {
    const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'catnap-')));
    if (options.dataDir === undefined) guarded(`path ${dataDir}`);
    // Closed to others on this machine, wherever the folder is: pods' files are their Secrets too.
    for (const name of ['logs', 'pods']) await mkdir(join(dataDir, name), { recursive: true, mode: 0o700 });
    const cluster = new LocalCluster(options, dataDir, await freePort(options.apiPort));
    cluster.startApiServer();
    return cluster;
  }

  get logDir(): string {
    return join(this.dataDir, 'logs');
  }

  /** Where the pod runner keeps the files and logs of its pods. */
  get podsDir(): string {
    return join(this.dataDir, 'pods');
  }

  get apiServer(): Supervised | undefined {
    return this.#apiServer;
  }

  get podRunner(): Supervised | undefined {
    return this.#podRunner;
  }

  /** Waits until the API server answers, and starts the others. Returns a client with an admin's rights. */
  async ready(signal: AbortSignal): Promise<KubeClient> {
    await untilAnswering(`${this.url}/readyz`, signal);
    this.startPodRunner();
    this.#serviceProxy ??= this.#supervised('service-proxy', this.access);
    return new KubeClient(await clusterAccess(this.access));
  }

  startApiServer(): void {
    const { auditLog } = this.#options;
    this.#apiServer ??= this.#supervised('api-server', {
      CLUSTER_NAME,
      CLUSTER_API_PORT: String(this.#port),
      CLUSTER_DATA_DIR: this.dataDir,
      CLUSTER_KUBECONFIG_FILE: this.kubeconfig,
      ...(auditLog === undefined ? {} : { CLUSTER_AUDIT_LOG_FILE: auditLog }),
      ...this.#realism,
    });
  }

  async stopApiServer(): Promise<void> {
    await this.#apiServer?.stop();
    this.#apiServer = undefined;
  }

  startPodRunner(): void {
    this.#podRunner ??= this.#supervised('pod-runner', {
      ...this.access,
      CLUSTER_DATA_DIR: this.dataDir,
      CLUSTER_IMAGES: JSON.stringify(clusterImages({ [LOCAL_RUNTIME_IMAGE]: RUNTIME_IMAGE, ...this.#options.images })),
      CLUSTER_IMAGES_SETTING: 'CATNAP_LOCAL_IMAGES',
      ...this.#realism,
    });
  }

  /** Ends all pods. */
  async stopPodRunner(): Promise<void> {
    await this.#podRunner?.stop();
    this.#podRunner = undefined;
  }

  /** Ends the pods, then the API server; removes what was temporary. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopPodRunner();
    await this.#serviceProxy?.stop();
    await this.stopApiServer();
    await rm(this.kubeconfig, { force: true });
    if (!this.#temporary) return;
    await rm(this.dataDir, { recursive: true, force: true });
    unguarded(`path ${this.dataDir}`);
  }

  get #realism(): Env {
    const { realism } = this.#options;
    return realism === undefined ? {} : { CLUSTER_REALISM_SEED: String(realism) };
  }

  #supervised(name: LocalProgram, env: Env): Supervised {
    const logFile = join(this.logDir, `${name}.log`);
    return new Supervised(localProgram(name, { ...this.#options.inherited, ...env }, logFile), () =>
      this.#options.onExit?.(name, logFile),
    );
  }
}

/** Writes the CRDs and waits until the API server serves them. */
export async function applyCrds(kube: KubeClient, signal: AbortSignal): Promise<void> {
  const folder = join(ROOT, 'crds');
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));
  await Promise.all(
    files.map(async (name) => {
      const crd = parse(await readFile(join(folder, name), 'utf8')) as KubeObject;
      await establishCrd(kube, crd, { fieldManager: 'catnap-run', signal });
    }),
  );
}
