import { once } from 'node:events';
import { basename } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';

/** Folders in which nothing of the user's own is written, or what a build makes. */
const LEFT_OUT = /^(node_modules|dist|build|coverage|\.(?!secrets$).+)$/;

/** A folder's own files, and those elsewhere that went into its functions. */
export class FolderWatch implements AsyncDisposable {
  readonly #watcher: FSWatcher;
  readonly #folder: string;

  private constructor(folder: string, watcher: FSWatcher) {
    this.#folder = folder;
    this.#watcher = watcher;
  }

  /** Resolves once a change is noticed. @param onChange is given the path of a file that was written, made or removed */
  static async start(folder: string, onChange: (path: string) => void): Promise<FolderWatch> {
    const watcher = watch(folder, {
      ignoreInitial: true,
      // Editors that write a new file and rename it over the old one: one change, seen as such.
      atomic: 50,
      ignored: (path, stats) => path !== folder && stats?.isDirectory() === true && LEFT_OUT.test(basename(path)),
    });
    // Such as no more watches on this machine: what is watched already goes on.
    watcher.on('error', () => undefined);
    watcher.on('all', (event, path) => {
      if (event === 'add' || event === 'change' || event === 'unlink') onChange(path);
    });
    await once(watcher, 'ready');
    return new FolderWatch(folder, watcher);
  }

  /** Follows these files too, of packages and of folders beside this one; those that are followed already stay so. */
  add(files: Iterable<string>): void {
    const outside = [...files].filter(
      (file) => !file.startsWith(`${this.#folder}/`) || file.includes('/node_modules/'),
    );
    this.#watcher.add(outside);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watcher.close();
  }
}
