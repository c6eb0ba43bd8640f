import { fs } from '../builtin.ts';
import type { SecretStore } from './secrets.ts';

/** Secrets that are mounted at `<directory>/<name>/<key>`; kubelet changes the files in place. */
export function secretFiles(directory: string): SecretStore {
  return {
    has: (name) => fs.existsSync(`${directory}/${name}`),
    read: (name, key) => fs.readFileSync(`${directory}/${name}/${key}`, 'utf8'),
  };
}
