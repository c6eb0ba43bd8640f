import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedStore } from './embedded-store.ts';
import type { Space } from './sqlite/disk.ts';
import { type Limits, type Store, StoreError } from './store.ts';

const FILE = 'invocations.db';

interface OpenOptions {
  /** Of a store of its own; made where it is not there. */
  folder: string | undefined;
  /** File with the URL of a database, which other dispatchers may share. */
  urlFile: string | undefined;
  limits: Limits;
  /** The program of the embedded store's thread, where it is not beside its source. */
  worker: URL | undefined;
}

/** The store of this process. */
export interface OpenedStore extends Store {
  /** Resolves once there is no store any more. */
  readonly ended: Promise<void>;
  /** Undefined: its disk is not this process's matter. */
  space(): Promise<Space | undefined>;
}

/** Exactly one of folder and file has to be named. Rejects with a StoreError where there can be no store. */
export async function openStore({ folder, urlFile, limits, worker }: OpenOptions): Promise<OpenedStore> {
  if ((folder === undefined) === (urlFile === undefined))
    throw new StoreError(
      'Unusable',
      'name one place for the queue: CATNAP_STORE_FOLDER, or CATNAP_STORE_URL_FILE for a database',
    );
  if (folder !== undefined) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return await EmbeddedStore.open({ path: join(folder, FILE), limits, ...(worker && { worker }) });
  }
  const url = await readFile(urlFile ?? '', 'utf8');
  // What speaks to a database takes memory that a store of its own need not have.
  const { PostgresStore } = await import('./postgres/postgres-store.ts');
  return await PostgresStore.open({ url, limits });
}
