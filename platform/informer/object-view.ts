import type { KubeObject } from '../kube/resources.ts';
import { Informer, type InformerOptions } from './informer.ts';
import type { Change } from './object-cache.ts';

/** The objects of one kind that a process may see, as it knows them. What an Informer says of each member holds here too. */
export interface ObjectView<T extends KubeObject> {
  /** Resolves when all that existed at the start is known. */
  readonly synced: Promise<void>;
  readonly hasSynced: boolean;
  get(namespace: string | undefined, name: string): T | undefined;
  list(): T[];
  onChange(handler: (change: Change<T>) => void): () => void;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Follows the objects of a kind in `namespaces`, each with a list and a watch of its own, so that nothing else need be
 * allowed; without `namespaces`, in the whole cluster.
 */
export function viewObjects<T extends KubeObject>(
  options: InformerOptions<T>,
  namespaces: readonly string[] | undefined,
): ObjectView<T> {
  if (namespaces === undefined) return new Informer(options);
  return new JoinedView(new Map(namespaces.map((namespace) => [namespace, new Informer({ ...options, namespace })])));
}

/** Several namespaces as one. */
class JoinedView<T extends KubeObject> implements ObjectView<T> {
  readonly synced: Promise<void>;
  readonly #parts: ReadonlyMap<string, Informer<T>>;

  constructor(parts: ReadonlyMap<string, Informer<T>>) {
    this.#parts = parts;
    this.synced = Promise.all(this.#all.map((part) => part.synced)).then(() => undefined);
  }

  get hasSynced(): boolean {
    return this.#all.every((part) => part.hasSynced);
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#parts.get(namespace ?? '')?.get(namespace, name);
  }

  list(): T[] {
    return this.#all.flatMap((part) => part.list());
  }

  onChange(handler: (change: Change<T>) => void): () => void {
    const stops = this.#all.map((part) => part.onChange(handler));
    return () => {
      for (const stop of stops) stop();
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((part) => part[Symbol.asyncDispose]()));
  }

  get #all(): Informer<T>[] {
    return [...this.#parts.values()];
  }
}
