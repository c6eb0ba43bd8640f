import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from '../command-line/command-error.ts';
import { EXIT } from '../command-line/exit-codes.ts';

/** Beside the code, and kept from its repository. */
export const SECRET_FOLDER = '.secrets';
/** As the API server allows of one Secret. */
const SECRET_MAX_BYTES = 1024 * 1024;

/** A Secret as the API server takes it. */
export interface SecretFile {
  name: string;
  /** Base64 by key. */
  data: Record<string, string>;
}

/**
 * The Secrets of `folder`: `.secrets/<name>/<key>`, as `kubectl create secret generic <name> --from-file` takes them; none where there is
 * no such folder. Throws a CommandError where one is larger than 1 MiB.
 */
export async function readSecretFiles(folder: string): Promise<SecretFile[]> {
  const names = await namesIn(join(folder, SECRET_FOLDER), 'isDirectory');
  return await Promise.all(names.map((name) => readSecret(join(folder, SECRET_FOLDER, name), name)));
}

async function readSecret(path: string, name: string): Promise<SecretFile> {
  const data: Record<string, string> = {};
  let bytes = 0;
  for (const key of await namesIn(path, 'isFile')) {
    bytes += (await stat(join(path, key))).size;
    if (bytes > SECRET_MAX_BYTES)
      throw new CommandError(`${SECRET_FOLDER}/${name} is larger than a Secret may be, 1 MiB`, EXIT.usage);
    data[key] = await readFile(join(path, key), 'base64');
  }
  return { name, data };
}

/** Sorted. */
async function namesIn(path: string, kind: 'isDirectory' | 'isFile'): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry[kind]())
    .map(({ name }) => name)
    .toSorted();
}
