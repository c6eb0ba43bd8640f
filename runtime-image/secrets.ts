import { fs } from './builtin.ts';
import type { Secrets } from './context.ts';

/** What a Secret and its keys may be called; no way out of the directory. */
const NAME = /^[-_a-zA-Z0-9][-._a-zA-Z0-9]*$/;
const KEY = /^(?!\.\.)[-._a-zA-Z0-9]+$/;

/** Reads Secrets that are mounted at `<directory>/<name>/<key>`, anew each time: kubelet changes the files in place. */
export function secretsIn(directory: string): Secrets {
  return {
    get(name, key) {
      if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is no name of a Secret`);
      if (!KEY.test(key) || key === '.') throw new Error(`${JSON.stringify(key)} is no key of a Secret`);
      try {
        return fs.readFileSync(`${directory}/${name}/${key}`, 'utf8');
      } catch (cause) {
        throw new Error(whyUnread(directory, name, key), { cause });
      }
    },
  };
}

function whyUnread(directory: string, name: string, key: string): string {
  if (!fs.existsSync(`${directory}/${name}`)) {
    return `this function was not given the Secret "${name}": name it in spec.secrets`;
  }
  return `the Secret "${name}" has no key "${key}" that can be read`;
}
