import type { ObjectView } from '#platform/informer/object-view.ts';
import type { KubeObject } from '#platform/kube/resources.ts';

/** Why a function names ConfigMaps: its spec refers to them, or its bundles are stored in them. */
type Purpose = 'spec' | 'bundles';

/**
 * Which ConfigMaps functions refer to, and in which version each is. Of all ConfigMaps only the metadata is watched, all
 * by one watch, however many are referred to; what one holds is asked for when its version is new.
 */
export class ReferencedConfigMaps {
  readonly #view: Pick<ObjectView<KubeObject>, 'get' | 'onChange'>;
  /** Keys of functions by `<namespace>/<name>` of a ConfigMap; most have one user, for which a set would be large. */
  readonly #users = new Map<string, string | Set<string>>();
  /** By the function's key: keys of ConfigMaps, with spaces between them. */
  readonly #used = new Map<string, Record<Purpose, string>>();

  /** @param onChange called with the key of each function that refers to a ConfigMap that came, changed or went. */
  constructor(view: Pick<ObjectView<KubeObject>, 'get' | 'onChange'>, onChange: (functionKey: string) => void) {
    this.#view = view;
    view.onChange(({ object: { metadata } }) => {
      const users = this.#users.get(`${metadata?.namespace}/${metadata?.name}`) ?? [];
      for (const user of typeof users === 'string' ? [users] : users) onChange(user);
    });
  }

  /** From now on the function hears of these, and no longer of those that it named before for the same purpose. */
  use(functionKey: string, purpose: Purpose, names: readonly string[]): void {
    const [namespace] = functionKey.split('/');
    const used = this.#used.get(functionKey) ?? { spec: '', bundles: '' };
    const before = keysOf(used);
    used[purpose] = [...new Set(names)].map((name) => `${namespace}/${name}`).join(' ');
    this.#used.set(functionKey, used);
    const now = keysOf(used);
    for (const key of before) if (!now.has(key)) this.#release(key, functionKey);
    for (const key of now) if (!before.has(key)) this.#add(key, functionKey);
  }

  /** Differs whenever a ConfigMap of that name is another one or was changed; undefined: there is none. */
  versionOf(namespace: string, name: string): { uid: string; resourceVersion: string } | undefined {
    const { uid = '', resourceVersion = '' } = this.#view.get(namespace, name)?.metadata ?? {};
    return uid === '' ? undefined : { uid, resourceVersion };
  }

  /** The function is gone. */
  forget(functionKey: string): void {
    const used = this.#used.get(functionKey);
    if (used === undefined) return;
    this.#used.delete(functionKey);
    for (const key of keysOf(used)) this.#release(key, functionKey);
  }

  #add(key: string, functionKey: string): void {
    const users = this.#users.get(key);
    if (users instanceof Set) users.add(functionKey);
    else this.#users.set(key, users === undefined ? functionKey : new Set([users, functionKey]));
  }

  #release(key: string, functionKey: string): void {
    const users = this.#users.get(key);
    if (users instanceof Set) users.delete(functionKey);
    if (users === functionKey || (users instanceof Set && users.size === 0)) this.#users.delete(key);
  }
}

function keysOf({ spec, bundles }: Record<Purpose, string>): Set<string> {
  return new Set([spec, bundles].flatMap((keys) => (keys === '' ? [] : keys.split(' '))));
}
