import type { FunctionNames } from './dev-cluster.ts';

/** A folder with functions; what `functions` are may change with each save. */
interface FunctionFolder {
  readonly path: string;
  readonly functions: { namespace: string; names: readonly string[] };
}

/** All functions of some folders, as their settings name them at the moment. */
export class FunctionFolders {
  readonly #folders: FunctionFolder[] = [];

  add(folder: FunctionFolder): void {
    this.#folders.push(folder);
  }

  /** As the terminal shows them: `shop.default`, in the order of the folders. */
  get shownNames(): string[] {
    return this.#folders.flatMap(({ functions }) => functions.names.map((name) => `${name}.${functions.namespace}`));
  }

  /** Folder of the function that the terminal shows as `shown`; undefined: none has it. */
  folderOf(shown: string): string | undefined {
    return this.#folders.find(({ functions: { namespace, names } }) =>
      names.some((name) => `${name}.${namespace}` === shown),
    )?.path;
  }

  byNamespace(): FunctionNames {
    const all = new Map<string, string[]>();
    for (const { functions } of this.#folders)
      all.set(functions.namespace, [...(all.get(functions.namespace) ?? []), ...functions.names]);
    return all;
  }
}
