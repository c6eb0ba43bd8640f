import type { Secrets } from './context.ts';

/** What a Secret and its keys may be called; no way out of a directory of them. */
const NAME = /^[-_a-zA-Z0-9][-._a-zA-Z0-9]*$/;
const KEY = /^(?!\.\.)[-._a-zA-Z0-9]+$/;

/** Where Secrets are kept. It is asked by names that are none but of Secrets and keys. */
export interface SecretStore {
  has(name: string): boolean;
  /** @throws where there is no such key. */
  read(name: string, key: string): string;
}

/** Secrets as a handler reads them, from `store`, anew each time. */
export function secretsOf(store: SecretStore): Secrets {
  return {
    get(name, key) {
      if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is no name of a Secret`);
      if (!KEY.test(key) || key === '.') throw new Error(`${JSON.stringify(key)} is no key of a Secret`);
      try {
        return store.read(name, key);
      } catch (cause) {
        throw new Error(whyUnread(store, name, key), { cause });
      }
    },
  };
}

function whyUnread(store: SecretStore, name: string, key: string): string {
  if (!store.has(name)) return `this function was not given the Secret "${name}": name it in spec.secrets`;
  return `the Secret "${name}" has no key "${key}" that can be read`;
}
