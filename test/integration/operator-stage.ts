// Longer than 250 lines: an API server, an operator and a gateway's side are put together in one place.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { FUNCTIONS, type FunctionObject, type FunctionSpec } from '#api/function.ts';
import { METRIC } from '#api/metric-names.ts';
import { API_VERSION, CONTAINER, KIND, LABEL } from '#api/names.ts';
import { clusterAccess } from '#platform/access/cluster-access.ts';
import { KubeClient } from '#platform/kube/client.ts';
import {
  CONFIG_MAPS,
  type ConfigMap,
  DEPLOYMENTS,
  type Deployment,
  PODS,
  type Pod,
  type Resource,
} from '#platform/kube/resources.ts';
import { readConfig } from '#platform/process/config.ts';
import { createLog } from '#platform/process/log.ts';
import { createRegistry } from '#platform/process/metrics.ts';
import { applyCrds } from '../../local/run/cluster.ts';
import { localProgram } from '../../local/run/programs.ts';
import { Supervised } from '../../local/run/supervised.ts';
import { OperatorEnv } from '../../operator/config.ts';
import type { IssuerTimes } from '../../operator/issuers/issuer-reach.ts';
import { startOperator } from '../../operator/operator.ts';
import { eventually } from '../support/eventually.ts';
import { inherited } from '../support/settings.ts';

const log = createLog({ service: 'test', level: 'error' });
const FUNCTION: Resource<FunctionObject> = FUNCTIONS;

type SpecInput = z.input<typeof FunctionSpec>;

/** The gateway as the autoscaler sees it: nothing but its counters, which the test sets. */
export class PlayedActivator implements AsyncDisposable {
  readonly #server: Server;
  readonly #requests = new Map<string, { total: number; now: number }>();
  readonly #sends = new Map<string, string>();
  /** Whether it answers. */
  up = true;

  constructor() {
    this.#server = createServer((_request, response) => {
      if (!this.up) response.destroy();
      else response.end(this.#text());
    }).listen(0, '127.0.0.1');
  }

  async url(): Promise<string> {
    if (!this.#server.listening) await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on `now` requests of the function are in flight. */
  requests(key: string, now: number): void {
    this.#requests.set(key, { total: (this.#requests.get(key)?.total ?? 0) + now, now });
  }

  /** Requests for a function go to this revision from now on. */
  sends(key: string, revision: string): void {
    this.#sends.set(key, revision);
  }

  #text(): string {
    const labels = (key: string) => {
      const [namespace, name] = key.split('/');
      return `namespace="${namespace}",function="${name}"`;
    };
    const requests = Array.from(
      this.#requests,
      ([key, { total, now }]) =>
        `${METRIC.requests}{${labels(key)}} ${total}\n${METRIC.concurrency}{${labels(key)}} ${now}\n`,
    );
    const sends = Array.from(
      this.#sends,
      ([key, revision]) => `${METRIC.chosenRevision}{${labels(key)},revision="${revision}"} 1\n`,
    );
    return [...requests, ...sends].join('');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** The operator against an API server without controllers: the test itself plays the Deployments' pods and the gateway. */
export class Stage implements AsyncDisposable {
  readonly kube: KubeClient;
  readonly activator: PlayedActivator;
  /** Its path. */
  readonly kubeconfig: string;
  readonly namespace = 'default';
  readonly signal = AbortSignal.timeout(60_000);
  /** The present operator's metrics. */
  registry = createRegistry();
  #parts = new AsyncDisposableStack();
  #stopOperator: (() => Promise<void>) | undefined;

  private constructor(kube: KubeClient, activator: PlayedActivator, kubeconfig: string) {
    this.kubeconfig = kubeconfig;
    this.kube = kube;
    this.activator = activator;
  }

  static async open(): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'catnap-operator-'));
    const kubeconfig = join(folder, 'kubeconfig');
    const env = { CLUSTER_DATA_DIR: folder, CLUSTER_KUBECONFIG_FILE: kubeconfig };
    await using parts = new AsyncDisposableStack();
    parts.defer(() => rm(folder, { recursive: true, force: true }));
    parts.use(new Supervised(localProgram('api-server', { ...inherited, ...env }, join(folder, 'api-server.log'))));
    await eventually('the API server has written its kubeconfig', () => existsSync(kubeconfig));
    const kube = parts.use(new KubeClient(await clusterAccess({ KUBECONFIG: kubeconfig })));
    const activator = parts.use(new PlayedActivator());
    const stage = new Stage(kube, activator, kubeconfig);
    parts.defer(() => stage.stopOperator());
    await applyCrds(kube, stage.signal);
    await stage.startOperator();
    stage.#parts = parts.move();
    return stage;
  }

  async startOperator(env: Record<string, string> = {}, issuerTimes?: IssuerTimes): Promise<void> {
    const steps: (() => Promise<void> | void)[] = [];
    const stopping = new AbortController();
    const config = readConfig(OperatorEnv, {
      CATNAP_ACTIVATOR_URLS: await this.activator.url(),
      CATNAP_SCRAPE_SECONDS: '0.1',
      ...env,
    });
    const lifecycle = {
      stopping: stopping.signal,
      onStop: (_name: string, stop: (signal: AbortSignal) => Promise<void> | void) =>
        void steps.push(() => stop(AbortSignal.timeout(5_000))),
      fail: (error: unknown) => {
        throw error;
      },
    };
    this.registry = createRegistry();
    const notReady = startOperator({ kube: this.kube, config, log, registry: this.registry, lifecycle, issuerTimes });
    this.#stopOperator = async () => {
      stopping.abort();
      for (const stop of steps.reverse()) await stop();
    };
    await eventually('the operator is ready', () => notReady() === undefined);
  }

  async stopOperator(): Promise<void> {
    await this.#stopOperator?.();
    this.#stopOperator = undefined;
  }

  /** Nothing is tried, unless `given` says so: the tests say when a pod starts. */
  async apply(name: string, given: SpecInput): Promise<FunctionObject> {
    const spec = { ...given, scaling: { tryOnChange: false, ...given.scaling } };
    const object = { apiVersion: API_VERSION, kind: KIND, metadata: { namespace: this.namespace, name }, spec };
    return this.kube.apply<FunctionObject>(FUNCTION, object as FunctionObject, {
      fieldManager: 'user',
      signal: this.signal,
    });
  }

  async configMap(name: string, data: Record<string, string>): Promise<void> {
    const object: ConfigMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: this.namespace, name },
      data,
    };
    await this.kube.apply(CONFIG_MAPS, object, { fieldManager: 'user', signal: this.signal });
  }

  /** The Function once `wanted` holds; its status speaks of its present spec. */
  async function(
    name: string,
    what: string,
    wanted: (fn: FunctionObject) => boolean,
    withinMs?: number,
  ): Promise<FunctionObject> {
    return eventually(
      what,
      async () => {
        const fn = await this.kube.get(FUNCTION, { namespace: this.namespace, name }, { signal: this.signal });
        if (fn.status?.observedGeneration === fn.metadata.generation && wanted(fn)) return fn;
        throw new Error(JSON.stringify(fn.status));
      },
      withinMs ?? 10_000,
    );
  }

  async isGone(name: string): Promise<boolean> {
    const { items } = await this.kube.listAll(FUNCTION, { namespace: this.namespace, signal: this.signal });
    return items.every((fn) => fn.metadata.name !== name);
  }

  async deployments(name: string): Promise<Deployment[]> {
    const { items } = await this.kube.listAll(DEPLOYMENTS, {
      namespace: this.namespace,
      labelSelector: `${LABEL.function}=${name}`,
      signal: this.signal,
    });
    return items;
  }

  async deployment(name: string): Promise<Deployment> {
    return this.kube.get(DEPLOYMENTS, { namespace: this.namespace, name }, { signal: this.signal });
  }

  async replicas(revision: string | undefined): Promise<number> {
    return (await this.deployment(String(revision))).spec?.replicas ?? 0;
  }

  /** As the gateway wakes a revision. */
  async wake(revision: string | undefined, replicas = 1): Promise<void> {
    const scale = {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { namespace: this.namespace, name: String(revision) },
      spec: { replicas },
    };
    await this.kube.apply(DEPLOYMENTS, scale, {
      subresource: 'scale',
      fieldManager: 'catnap-scaler',
      signal: this.signal,
    });
  }

  /** A pod of the revision in the state that a kubelet would report. */
  async pod(fn: string, revision: string | undefined, status: NonNullable<Pod['status']>): Promise<Pod> {
    const name = `${revision}-${Math.random().toString(36).slice(2, 7)}`;
    const labels = { [LABEL.function]: fn, [LABEL.revision]: String(revision) };
    const spec = { containers: [{ name: CONTAINER, image: 'x' }] };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: this.namespace, name, labels }, spec };
    const created = await this.kube.create<Pod>(PODS, pod, { signal: this.signal });
    return this.kube.replace<Pod>(PODS, { ...created, status }, { subresource: 'status', signal: this.signal });
  }

  async removePod(pod: Pod): Promise<void> {
    const { namespace = '', name = '' } = pod.metadata ?? {};
    await this.kube.delete(PODS, { namespace, name }, { gracePeriodSeconds: 0, signal: this.signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}

const container = { name: CONTAINER, image: 'x', imageID: '', ready: false };

/** What kubelet says of a pod that answers. */
export const READY: NonNullable<Pod['status']> = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True' }],
  containerStatuses: [{ ...container, ready: true, restartCount: 0, state: { running: {} } }],
};

/** What kubelet says of a pod whose container ended twice. */
export const CRASHED: NonNullable<Pod['status']> = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'False' }],
  containerStatuses: [
    { ...container, restartCount: 1, state: { terminated: { exitCode: 1, message: 'Error: no database' } } },
  ],
};

/** What kubelet says of a pod whose container cannot be made. */
export function waiting(reason: string, message: string): NonNullable<Pod['status']> {
  return {
    phase: 'Pending',
    conditions: [{ type: 'Ready', status: 'False' }],
    containerStatuses: [{ ...container, restartCount: 0, state: { waiting: { reason, message } } }],
  };
}
