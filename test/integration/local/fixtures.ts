/** What tests of the local cluster do again and again. */
import { get } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isNotFound } from '#platform/kube/error.ts';
import { DEPLOYMENTS, type Deployment, NAMESPACES, PODS, type Pod } from '#platform/kube/resources.ts';
import { TestCluster } from './programs.ts';

type Container = NonNullable<Pod['spec']>['containers'][number];
export type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];

/** Both programs, with the images `web` (answers with its NAME and pid) and `sh` (a script as its argument). */
export function startCluster(): Promise<TestCluster> {
  return TestCluster.start({ web: ['node', join(import.meta.dirname, 'web.mjs')], sh: ['/bin/sh', '-c'] });
}

/** The first result that is not undefined or false; rejects after 30 s. */
export async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (const deadline = Date.now() + 30_000; ; ) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`not within 30 s: ${look}`);
    await sleep(10);
  }
}

export function aContainer(more: object): Container {
  return { name: 'a', image: 'sh', ...more };
}

/** Without a token, as a function's pod is: it starts at once. */
export function aPod(
  namespace: string,
  name: string,
  spec: { containers: Container[]; [field: string]: unknown },
): Pod {
  return { metadata: { namespace, name }, spec: { automountServiceAccountToken: false, ...spec } };
}

export function aDeployment(namespace: string, name: string, replicas: number, more: object = {}): Deployment {
  const labels = { app: name };
  const env = [{ name: 'NAME', value: name }];
  const ports = [{ name: 'http', containerPort: 8080 }];
  const readinessProbe = { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 };
  const containers = [aContainer({ image: 'web', env, ports, readinessProbe })];
  const template = { metadata: { labels }, spec: { automountServiceAccountToken: false, containers } };
  return { metadata: { namespace, name }, spec: { replicas, selector: { matchLabels: labels }, template, ...more } };
}

export function first(pod: Pod): ContainerStatus | undefined {
  return pod.status?.containerStatuses?.[0];
}

export function isReady(pod: Pod): boolean {
  return (
    pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false
  );
}

/** What the pod answers; undefined when it does not. */
export async function ask(pod: Pod, path = '/'): Promise<string | undefined> {
  const host = pod.status?.podIP ?? '';
  return await new Promise((resolve) => {
    const sent = get({ host, port: 8080, path, agent: false }, async (answer) =>
      resolve((await answer.toArray()).join('')),
    );
    sent.on('error', () => resolve(undefined));
  });
}

/** A namespace of the test's own; it is gone, with all that was in it, when the test is over. */
export class TestNamespace {
  readonly name: string;
  readonly cluster: TestCluster;
  readonly signal = new AbortController().signal;

  private constructor(name: string, cluster: TestCluster) {
    this.name = name;
    this.cluster = cluster;
  }

  static async create(t: TestContext, cluster: TestCluster): Promise<TestNamespace> {
    const namespace = new TestNamespace(`test-${Math.random().toString(36).slice(2, 10)}`, cluster);
    const { name, signal } = namespace;
    await cluster.kube.create(NAMESPACES, { metadata: { name } }, { signal });
    t.after(async () => {
      await cluster.kube.delete(NAMESPACES, { name }, { signal });
      await until(() => cluster.kube.get(NAMESPACES, { name }, { signal }).then(() => false, isNotFound));
    });
    return namespace;
  }

  async pod(name: string): Promise<Pod> {
    return await this.cluster.kube.get(PODS, { namespace: this.name, name }, { signal: this.signal });
  }

  async pods(): Promise<Pod[]> {
    return (await this.cluster.kube.listAll(PODS, { namespace: this.name, signal: this.signal })).items;
  }

  async createPod(name: string, spec: Parameters<typeof aPod>[2]): Promise<Pod> {
    return await this.cluster.kube.create(PODS, aPod(this.name, name, spec), { signal: this.signal });
  }

  async remove(name: string): Promise<void> {
    await this.cluster.kube.delete(
      PODS,
      { namespace: this.name, name },
      { signal: this.signal, gracePeriodSeconds: 0 },
    );
  }

  async deploy(name: string, replicas: number, more: object = {}): Promise<Deployment> {
    const deployment = aDeployment(this.name, name, replicas, more);
    await this.cluster.kube.create(DEPLOYMENTS, deployment, { signal: this.signal });
    return await this.available(name, replicas);
  }

  async scale(name: string, replicas: number): Promise<void> {
    const ref = { namespace: this.name, name };
    const patch = { type: 'merge' as const, body: { spec: { replicas } } };
    await this.cluster.kube.patch(DEPLOYMENTS, ref, patch, { subresource: 'scale', signal: this.signal });
  }

  /** Resolves when the Deployment has as many pods as it wants, all available. */
  async available(name: string, replicas: number): Promise<Deployment> {
    return await until(async () => {
      const ref = { namespace: this.name, name };
      const deployment = await this.cluster.kube.get(DEPLOYMENTS, ref, { signal: this.signal });
      const { status = {}, metadata } = deployment;
      const counts = [status.replicas ?? 0, status.availableReplicas ?? 0, status.updatedReplicas ?? 0];
      const settled = status.observedGeneration === metadata?.generation && counts.every((count) => count === replicas);
      return settled && deployment;
    });
  }

  /** Resolves when the pod's first container waits for this reason. */
  async waiting(name: string, reason: string): Promise<ContainerStatus> {
    return await until(async () => {
      const status = first(await this.pod(name));
      return status?.state?.waiting?.reason === reason && status;
    });
  }

  async log(name: string, more: { container?: string; previous?: boolean } = {}): Promise<string> {
    const ref = { namespace: this.name, name };
    return await this.cluster.kube.podLog(ref, { ...more, signal: this.signal });
  }
}
