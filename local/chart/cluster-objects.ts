import type { KubeClient } from '#platform/kube/client.ts';
import { isNotFound } from '#platform/kube/error.ts';
import type { KubeObject, Resource } from '#platform/kube/resources.ts';
import { pause } from '#platform/time/deadline.ts';

const FIELD_MANAGER = 'helm';
const ASK_AGAIN_MS = 100;

interface ApiResources {
  resources: { name: string; kind: string; namespaced: boolean }[];
}

/** Objects of any kind that the cluster serves. */
export class ClusterObjects {
  readonly #kube: KubeClient;
  readonly #signal: AbortSignal;
  readonly #deadlineMs: number;
  readonly #served = new Map<string, ApiResources>();

  /** @param deadlineMs longest that one object is waited for */
  constructor(kube: KubeClient, signal: AbortSignal, deadlineMs: number) {
    this.#kube = kube;
    this.#signal = signal;
    this.#deadlineMs = deadlineMs;
  }

  /** Undefined when it is not there. */
  async find(object: KubeObject): Promise<KubeObject | undefined> {
    const resource = await this.#resourceOf(object);
    return await this.#kube.get(resource, refOf(object), { signal: this.#signal }).catch(undefinedIfGone);
  }

  /** By server-side apply; takes over fields that others own. */
  async apply(object: KubeObject): Promise<KubeObject> {
    const resource = await this.#resourceOf(object);
    return await this.#kube.apply(resource, object, { fieldManager: FIELD_MANAGER, signal: this.#signal });
  }

  /** And waits until it is gone. What is not there is no error. */
  async delete(object: KubeObject): Promise<void> {
    const found = await this.find(object);
    if (found === undefined) return;
    const resource = await this.#resourceOf(object);
    const options = { propagationPolicy: 'Background', signal: this.#signal } as const;
    await this.#kube.delete(resource, refOf(object), options).catch(undefinedIfGone);
    const uid = found.metadata?.uid;
    await this.wait(object, 'it is not gone', (now) => now?.metadata?.uid !== uid);
  }

  /** Asks until `done` says so of the object as it is; throws with `not` when that takes too long, or what `done` throws. */
  async wait(object: KubeObject, not: string, done: (now: KubeObject | undefined) => boolean): Promise<void> {
    const untilMs = performance.now() + this.#deadlineMs;
    while (!done(await this.find(object))) {
      this.#signal.throwIfAborted();
      if (performance.now() > untilMs)
        throw new Error(`${describe(object)}: ${not} after ${this.#deadlineMs / 1000} s`);
      await pause(ASK_AGAIN_MS, this.#signal);
    }
  }

  async #resourceOf(object: KubeObject): Promise<Resource> {
    const { apiVersion = '', kind = '' } = object;
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const served = this.#served.get(path) ?? ((await this.#kube.raw(path, { signal: this.#signal })) as ApiResources);
    this.#served.set(path, served);
    const found = served.resources.find((one) => one.kind === kind && !one.name.includes('/'));
    if (found === undefined) throw new Error(`${describe(object)}: the cluster serves no ${kind} of ${apiVersion}`);
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    return { group, version, kind, plural: found.name, namespaced: found.namespaced };
  }
}

/** `Job catnap-system/catnap-apply-crds`, for messages. */
export function describe({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata?.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata?.name}`;
}

function refOf({ metadata }: KubeObject): { namespace: string | undefined; name: string } {
  return { namespace: metadata?.namespace, name: metadata?.name ?? '' };
}

function undefinedIfGone(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}
