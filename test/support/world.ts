import { randomBytes } from 'node:crypto';
import { type ConditionType, conditionOf } from '#api/conditions.ts';
import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import { LABEL } from '#api/names.ts';
import type { KubeClient, ObjectRef } from '#platform/kube/client.ts';
import { isNotFound } from '#platform/kube/error.ts';
import {
  CONFIG_MAPS,
  type KubeObject,
  NAMESPACES,
  PODS,
  type Pod,
  type Resource,
  SECRETS,
} from '#platform/kube/resources.ts';
import { eventually } from './eventually.ts';
import type { Answer, Call, GatewayClient } from './gateway.ts';
import type { Manifest } from './manifest.ts';

export const FUNCTION: Resource<FunctionObject> = FUNCTIONS;
const SERVICE_ACCOUNTS: Resource = {
  group: '',
  version: 'v1',
  plural: 'serviceaccounts',
  kind: 'ServiceAccount',
  namespaced: true,
};
const QUOTAS: Resource = {
  group: '',
  version: 'v1',
  plural: 'resourcequotas',
  kind: 'ResourceQuota',
  namespaced: true,
};
const SOME_SECONDS = 30_000;
/** At once, so over as many connections, which come to gateways at random: one of two is left out once in 32,768 times. */
const ASKED_ABOUT_ROUTE = 16;

/** One test's namespace and what a test does in it. */
export class World implements AsyncDisposable {
  readonly namespace: string;
  readonly kube: KubeClient;
  readonly gateway: GatewayClient;

  private constructor(namespace: string, kube: KubeClient, gateway: GatewayClient) {
    this.namespace = namespace;
    this.kube = kube;
    this.gateway = gateway;
  }

  /** Makes the namespace and waits until pods may be created in it. */
  static async create(kube: KubeClient, gateway: GatewayClient): Promise<World> {
    const world = new World(`catnap-e2e-${randomBytes(4).toString('hex')}`, kube, gateway);
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: world.namespace } };
    await kube.create(NAMESPACES, object, { signal: world.soon() });
    await eventually('the namespace has its default service account', () =>
      kube.get(SERVICE_ACCOUNTS, world.ref('default'), { signal: world.soon() }),
    );
    return world;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kube.delete(NAMESPACES, { name: this.namespace }, { signal: this.soon() });
  }

  ref(name: string): ObjectRef {
    return { namespace: this.namespace, name };
  }

  soon(): AbortSignal {
    return AbortSignal.timeout(SOME_SECONDS);
  }

  /** Applies the Function as a user's tool would and returns it as stored. */
  apply(function_: Manifest): Promise<FunctionObject> {
    return this.put(FUNCTION, function_ as unknown as FunctionObject);
  }

  put<T extends KubeObject>(resource: Resource<T>, object: T): Promise<T> {
    return this.kube.apply(resource, object, { fieldManager: 'e2e', signal: this.soon() });
  }

  configMap(name: string, data: Record<string, string>): Promise<KubeObject> {
    return this.put(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: this.ref(name), data } as never);
  }

  secret(name: string, data: Record<string, string>): Promise<KubeObject> {
    return this.put(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: this.ref(name), stringData: data } as never);
  }

  quota(name: string, hard: Record<string, string>): Promise<KubeObject> {
    return this.put(QUOTAS, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: this.ref(name),
      spec: { hard },
    } as never);
  }

  get(name: string): Promise<FunctionObject> {
    return this.kube.get(FUNCTION, this.ref(name), { signal: this.soon() });
  }

  /** The Function once `holds` of it; for at most `withinMs`. */
  function(
    name: string,
    what: string,
    holds: (fn: FunctionObject) => boolean,
    withinMs = SOME_SECONDS,
  ): Promise<FunctionObject> {
    let last: FunctionObject | undefined;
    return eventually(
      `${name}: ${what}`,
      async () => {
        last = await this.get(name);
        return holds(last) && last;
      },
      withinMs,
    ).catch((error) => {
      throw new Error(`${error.message}; status is ${JSON.stringify(last?.status)}`, { cause: error });
    });
  }

  /** The Function once the operator has seen its present spec and says it is ready. */
  ready(name: string): Promise<FunctionObject> {
    return this.function(name, 'is ready', (fn) => observed(fn) && condition(fn, 'Ready')?.status === 'True');
  }

  /** Applies it, waits until it is ready, and returns its URL. */
  async deploy(function_: Manifest): Promise<string> {
    await this.apply(function_);
    const url = (await this.ready(function_.metadata.name)).status?.url;
    if (url === undefined) throw new Error(`${function_.metadata.name} is ready without a URL`);
    await this.#routed(url);
    return url;
  }

  /** One request to the function at `url`. */
  call(url: string, options: Call = {}): Promise<Answer> {
    return this.gateway.call(url, options);
  }

  /** The function's pods, also those on their way out; of all functions without a name. */
  async pods(name?: string): Promise<Pod[]> {
    const labelSelector = name === undefined ? LABEL.function : `${LABEL.function}=${name}`;
    return (await this.kube.listAll(PODS, { namespace: this.namespace, labelSelector, signal: this.soon() })).items;
  }

  /** Waits until the function has no pods left. */
  asleep(name: string, withinMs = 60_000): Promise<FunctionObject> {
    return eventually(
      `${name} is asleep`,
      async () =>
        (await this.pods(name)).length === 0 && (await this.get(name)).status?.replicas === 0 && this.get(name),
      withinMs,
    );
  }

  /** Kills a pod as a crash of its node would: no grace, no notice. */
  async killPod(name: string): Promise<void> {
    await this.kube.delete(PODS, this.ref(name), { gracePeriodSeconds: 0, signal: this.soon() }).catch((error) => {
      if (!isNotFound(error)) throw error;
    });
  }

  /** Each activator learns of a Function by its own watch; asks on a path that never reaches a function. */
  async #routed(url: string): Promise<void> {
    const isKnown = async () => {
      const answer = await this.call(url, { path: '/.catnap/route' });
      return (JSON.parse(answer.text) as { function: string | null }).function !== null;
    };
    await eventually('the gateways know the function', async () => {
      const known = await Promise.all(Array.from({ length: ASKED_ABOUT_ROUTE }, isKnown));
      return known.every(Boolean);
    });
  }
}

export function condition(fn: FunctionObject, type: ConditionType) {
  return conditionOf(fn.status, type);
}

/** Whether the operator's status speaks of the spec as it is now. */
export function observed(fn: FunctionObject): boolean {
  return fn.status?.observedGeneration === fn.metadata.generation;
}
