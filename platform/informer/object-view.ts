import { setImmediate } from 'node:timers/promises';
import type { KubeObject } from '../kube/resources.ts';
import { Informer } from './informer.ts';
import type { InformerOptions } from './informer-options.ts';
import type { Change, ObjectName } from './object-cache.ts';

/** The objects of one kind that a process may see, as it knows them. What an Informer says of each member holds here too. */
export interface ObjectView<T extends KubeObject> {
  /** Resolves when all that existed at the start is known. */
  readonly synced: Promise<void>;
  readonly hasSynced: boolean;
  get(namespace: string | undefined, name: string): T | undefined;
  has(namespace: string | undefined, name: string): boolean;
  list(): T[];
  /** One after the other, of `namespace` or of all: where the first few may do, or objects are packed. Not to be kept across an await. */
  each(namespace?: string): Iterable<T>;
  names(): ObjectName[];
  onChange(handler: (change: Change<T>) => void): () => void;
  /** As onChange, but what is known already is not reported. */
  onNews(handler: (change: Change<T>) => void): () => void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Objects that eachInTurns reads before others have their turn. */
const IN_ONE_TURN = 100;

/** All there are, as they are when their turn comes: what else the process does is not held up, however many there are. */
export async function* eachInTurns<T extends KubeObject>(
  view: ObjectView<T>,
  names: readonly ObjectName[] = view.names(),
): AsyncGenerator<T, void, void> {
  for (const [index, { namespace, name }] of names.entries()) {
    if (index % IN_ONE_TURN === IN_ONE_TURN - 1) await setImmediate();
    const object = view.get(namespace, name);
    if (object !== undefined) yield object;
  }
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

  has(namespace: string | undefined, name: string): boolean {
    return this.#parts.get(namespace ?? '')?.has(namespace, name) === true;
  }

  list(): T[] {
    return this.#all.flatMap((part) => part.list());
  }

  *each(namespace?: string): Iterable<T> {
    const parts = namespace === undefined ? this.#all : [this.#parts.get(namespace)];
    for (const part of parts) if (part !== undefined) yield* part.each(namespace);
  }

  names(): ObjectName[] {
    return this.#all.flatMap((part) => part.names());
  }

  onChange(handler: (change: Change<T>) => void): () => void {
    return all(this.#all.map((part) => part.onChange(handler)));
  }

  onNews(handler: (change: Change<T>) => void): () => void {
    return all(this.#all.map((part) => part.onNews(handler)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((part) => part[Symbol.asyncDispose]()));
  }

  get #all(): Informer<T>[] {
    return [...this.#parts.values()];
  }
}

function all(stops: readonly (() => void)[]): () => void {
  return () => {
    for (const stop of stops) stop();
  };
}
