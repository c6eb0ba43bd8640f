import { FUNCTIONS, type FunctionObject } from '#api/function.ts';
import { LABEL } from '#api/names.ts';
import type { KubeClient } from '#platform/kube/client.ts';
import { CONFIG_MAPS, type ConfigMap, NAMESPACES, type Resource } from '#platform/kube/resources.ts';
import { pause } from '#platform/time/deadline.ts';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';
import { functionNamed } from '../deploy/function-client.ts';
import { unlessNotFound } from '../deploy/source-store.ts';
import type { Manifests } from '../manifest/function-manifest.ts';
import { type Verdict, verdictOf } from './deploy-verdict.ts';

const FUNCTION: Resource<FunctionObject> = FUNCTIONS;
const FIELD_MANAGER = 'catnap-dev';
/** `app.kubernetes.io/managed-by` of what is there for as long as the command runs. */
const MANAGED_BY_DEV = 'catnap-dev';
const END_WITHIN_MS = 10_000;
/** How often it is looked what became of a change, in milliseconds. */
const LOOK_EVERY_MS = 60;

/** One function on a cluster for as long as it is being written. */
export class DevDeploy {
  readonly #kube: KubeClient;
  readonly #ref: { namespace: string; name: string };
  /** As it was last written. */
  #written: string | undefined;
  /** ConfigMaps with its code that are there. */
  #configMaps = new Set<string>();

  constructor(kube: KubeClient, ref: { namespace: string; name: string }) {
    this.#kube = kube;
    this.#ref = ref;
  }

  /** Throws a CommandError where there is a Function of that name which is another's: that one is in use. */
  async requireOwn(signal: AbortSignal): Promise<void> {
    const { namespace, name } = this.#ref;
    const found = await functionNamed(name, { kube: this.#kube, namespace, signal });
    if (found === undefined || found.metadata.labels?.[LABEL.managedBy] === MANAGED_BY_DEV) return;
    throw new CommandError(
      `there is a Function ${namespace}/${name} in the cluster that catnap dev has not made, and it is left alone: choose another namespace with -n`,
      EXIT.failed,
    );
  }

  /** Makes the namespace where it is not there. */
  async ensureNamespace(signal: AbortSignal): Promise<void> {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.#ref.namespace } };
    await this.#kube.apply(NAMESPACES, namespace, { fieldManager: FIELD_MANAGER, signal });
  }

  /** Writes it. Returns the generation that it has then; undefined: it is as it was. */
  async write({ function: fn, configMaps }: Manifests, signal: AbortSignal): Promise<number | undefined> {
    const { namespace } = this.#ref;
    const labels = { ...fn.metadata.labels, [LABEL.managedBy]: MANAGED_BY_DEV };
    const object = { ...fn, metadata: { ...fn.metadata, namespace, labels } };
    const text = JSON.stringify(object);
    if (text === this.#written) return undefined;
    const options = { fieldManager: FIELD_MANAGER, signal };
    for (const one of configMaps) {
      const configMap = { ...one, metadata: { ...one.metadata, namespace } };
      await this.#kube.apply(CONFIG_MAPS, configMap as unknown as ConfigMap, options);
      this.#configMaps.add(one.metadata.name);
    }
    const { metadata } = await this.#kube.apply(FUNCTION, object as unknown as FunctionObject, options);
    this.#written = text;
    return metadata.generation;
  }

  /** Waits until it is known what became of what was written. Rejects when `signal` ends it. */
  async verdict(generation: number, signal: AbortSignal): Promise<Exclude<Verdict, { kind: 'waiting' }>> {
    for (;;) {
      const verdict = verdictOf(await this.#kube.get(FUNCTION, this.#ref, { signal }), generation);
      if (verdict.kind !== 'waiting') return verdict;
      await pause(LOOK_EVERY_MS, signal);
      signal.throwIfAborted();
    }
  }

  /** Removes the ConfigMaps that only a version before needed. */
  async tidy({ configMaps }: Manifests, signal: AbortSignal): Promise<void> {
    const needed = new Set(configMaps.map(({ metadata }) => metadata.name));
    for (const name of this.#configMaps.difference(needed)) await this.#removeConfigMap(name, signal);
  }

  /** Removes all of it, if it was written. */
  async remove(): Promise<void> {
    if (this.#written === undefined) return;
    const signal = AbortSignal.timeout(END_WITHIN_MS);
    await this.#kube.delete(FUNCTION, this.#ref, { signal }).catch(unlessNotFound);
    for (const name of this.#configMaps) await this.#removeConfigMap(name, signal);
    this.#written = undefined;
  }

  async #removeConfigMap(name: string, signal: AbortSignal): Promise<void> {
    await this.#kube.delete(CONFIG_MAPS, { namespace: this.#ref.namespace, name }, { signal }).catch(unlessNotFound);
    this.#configMaps.delete(name);
  }
}
