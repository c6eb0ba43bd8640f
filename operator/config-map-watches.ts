import { Informer } from '#platform/informer.ts';
import type { KubeClient } from '#platform/kube.ts';
import type { Log } from '#platform/log.ts';
import { CONFIG_MAPS, type ConfigMap } from '#platform/resources.ts';

interface Watched {
  informer: Informer<ConfigMap>;
  /** Functions that refer to it. */
  users: Set<string>;
}

/**
 * The ConfigMaps that functions refer to, each with a watch of its own: the cluster's other ConfigMaps are neither
 * read nor held in memory.
 */
export class ConfigMapWatches implements AsyncDisposable {
  readonly #watched = new Map<string, Watched>();
  readonly #kube: KubeClient;
  readonly #log: Log;
  readonly #onChange: (functionKey: string) => void;
  readonly #ending = new Set<Promise<void>>();

  /** @param onChange called with the key of each function that refers to a ConfigMap that changed or is known now. */
  constructor(options: { kube: KubeClient; log: Log; onChange: (functionKey: string) => void }) {
    this.#kube = options.kube;
    this.#log = options.log;
    this.#onChange = options.onChange;
  }

  /**
   * Contents by name of the ConfigMaps that a function refers to, null for one that does not exist. Undefined while
   * one of them is still being asked for: onChange follows. Names of an earlier call that are left out are let go.
   */
  read(
    functionKey: string,
    namespace: string,
    names: readonly string[],
  ): Record<string, Record<string, string> | null> | undefined {
    const wanted = new Set(names.map((name) => `${namespace}/${name}`));
    for (const [key, watched] of this.#watched) if (!wanted.has(key)) this.#release(key, watched, functionKey);
    const all = names.map((name) => this.#use(functionKey, namespace, name));
    if (!all.every(({ informer }) => informer.hasSynced)) return undefined;
    return Object.fromEntries(
      all.map(({ informer }, index) => {
        const name = names[index] ?? '';
        const found = informer.get(namespace, name);
        return [name, found === undefined ? null : (found.data ?? {})];
      }),
    );
  }

  /** The function is gone. */
  forget(functionKey: string): void {
    for (const [key, watched] of this.#watched) this.#release(key, watched, functionKey);
  }

  #use(functionKey: string, namespace: string, name: string): Watched {
    const key = `${namespace}/${name}`;
    const watched = this.#watched.get(key) ?? this.#watch(key, namespace, name);
    watched.users.add(functionKey);
    return watched;
  }

  #watch(key: string, namespace: string, name: string): Watched {
    const informer = new Informer<ConfigMap>({
      kube: this.#kube,
      resource: CONFIG_MAPS,
      namespace,
      fieldSelector: `metadata.name=${name}`,
      log: this.#log,
    });
    const watched = { informer, users: new Set<string>() };
    this.#watched.set(key, watched);
    const tell = () => {
      for (const user of watched.users) this.#onChange(user);
    };
    informer.onChange(() => informer.hasSynced && tell());
    void informer.synced.then(tell);
    return watched;
  }

  #release(key: string, { informer, users }: Watched, functionKey: string): void {
    if (!users.delete(functionKey) || users.size > 0) return;
    this.#watched.delete(key);
    const ending = informer[Symbol.asyncDispose]().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const informers = [...this.#watched.values()].map(({ informer }) => informer[Symbol.asyncDispose]());
    this.#watched.clear();
    await Promise.all([...informers, ...this.#ending]);
  }
}
