/** Folders of this machine that stand for volumes. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** As volumes are named that are made here: after the uid of their claim. */
const NAME = /^pvc-[0-9a-f-]{36}$/;

export class VolumeFolders {
  readonly #root: string;

  /** @param dataDir the cluster's state: they stay as long as it does */
  constructor(dataDir: string) {
    this.#root = join(dataDir, 'volumes');
  }

  /** Throws for a name that no volume made here has: it comes from an object that users may write. */
  path(name: string): string {
    if (!NAME.test(name)) throw new Error(`no volume made here is called ${name}`);
    return join(this.#root, name);
  }

  /** Keeps what is there. */
  async make(name: string): Promise<string> {
    const path = this.path(name);
    await mkdir(path, { recursive: true, mode: 0o777 });
    return path;
  }

  async remove(name: string): Promise<void> {
    await rm(this.path(name), { recursive: true, force: true });
  }
}
