/** What an informer knows, and what changes when it learns something. */
import type { KubeObject } from './resources.ts';

/** `object` is the newest state; for `deleted` the last one seen. Objects are never changed in place, nor may they be by readers. */
export type Change<T> =
  | { type: 'added'; object: T }
  | { type: 'updated'; object: T; before: T }
  | { type: 'deleted'; object: T };

/** Objects of one kind by namespace and name. Every method that changes it returns exactly what is different now. */
export class ObjectCache<T extends KubeObject> {
  #objects = new Map<string, T>();

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#objects.get(keyOf(namespace, name));
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  /** An object as it is now. No change when it is known in this resourceVersion; a new uid means that another one of this name was deleted. */
  put(object: T): Change<T>[] {
    const key = keyOf(object.metadata?.namespace, object.metadata?.name ?? '');
    const before = this.#objects.get(key);
    if (before !== undefined && sameVersion(before, object)) return [];
    this.#objects.set(key, object);
    if (before === undefined) return [{ type: 'added', object }];
    if (before.metadata?.uid === object.metadata?.uid) return [{ type: 'updated', object, before }];
    return [
      { type: 'deleted', object: before },
      { type: 'added', object },
    ];
  }

  /** An object that is gone, in its last state. No change when it is not known. */
  remove(object: T): Change<T>[] {
    const key = keyOf(object.metadata?.namespace, object.metadata?.name ?? '');
    return this.#objects.delete(key) ? [{ type: 'deleted', object }] : [];
  }

  /** All there is now: what is known and not among `objects` is gone. Deletions come first. */
  replaceAll(objects: readonly T[]): Change<T>[] {
    const kept = new Set(objects.map((object) => keyOf(object.metadata?.namespace, object.metadata?.name ?? '')));
    const gone = [...this.#objects].filter(([key]) => !kept.has(key)).map(([, object]) => object);
    return [...gone.flatMap((object) => this.remove(object)), ...objects.flatMap((object) => this.put(object))];
  }
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function sameVersion(a: KubeObject, b: KubeObject): boolean {
  const version = a.metadata?.resourceVersion;
  return version !== undefined && version === b.metadata?.resourceVersion && a.metadata?.uid === b.metadata?.uid;
}
