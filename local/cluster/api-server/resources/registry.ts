import type { Resource } from './resource.ts';

/** Which resources are served. Built-in ones stay; those of CustomResourceDefinitions come and go. */
export class Registry {
  readonly #builtins: readonly Resource[];
  readonly #custom = new Map<string, readonly Resource[]>();
  #byPath = new Map<string, Resource>();
  #generation = 0;

  constructor(builtins: readonly Resource[]) {
    this.#builtins = builtins;
    this.#index();
  }

  /** Moves with each change; what is computed of all resources may be kept as long as it stays. */
  get generation(): number {
    return this.#generation;
  }

  find(group: string, version: string, plural: string): Resource | undefined {
    return this.#byPath.get(`${group}/${version}/${plural}`);
  }

  /** In the order of discovery. */
  all(): Resource[] {
    return [...this.#byPath.values()];
  }

  /** Serves the versions of one CustomResourceDefinition, instead of those it had before. */
  setCustom(definition: string, resources: readonly Resource[]): void {
    if (resources.length === 0) this.#custom.delete(definition);
    else this.#custom.set(definition, resources);
    this.#index();
  }

  #index(): void {
    const all = [...this.#builtins, ...[...this.#custom.values()].flat()];
    this.#byPath = new Map(all.map((r) => [`${r.group}/${r.version}/${r.plural}`, r]));
    this.#generation += 1;
  }
}
