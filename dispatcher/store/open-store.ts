import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedStore } from './embedded-store.ts';
import type { Limits } from './store.ts';

const FILE = 'invocations.db';

/** The store of this process, in a folder that is made where it is not there. Rejects where there can be none. */
export async function openStore(folder: string, limits: Limits, worker: URL | undefined): Promise<EmbeddedStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return await EmbeddedStore.open({ path: join(folder, FILE), limits, ...(worker && { worker }) });
}
