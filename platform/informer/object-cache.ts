/** What an informer knows, and what changes when it learns something. */
import type { KubeObject } from '../kube/resources.ts';

/** `object` is the newest state; for `deleted` the last one seen. Objects are never changed in place, nor may they be by readers. */
export type Change<T> =
  | { type: 'added'; object: T }
  | { type: 'updated'; object: T; before: T }
  | { type: 'deleted'; object: T };

/** Objects of one kind by namespace and name. Every method that changes it returns exactly what is different now. */
export class ObjectCache<T extends KubeObject> {
  /** By namespace, then by name: the objects' own strings, of which a joined key would be one more for each object. */
  readonly #objects = new Map<string, Map<string, T>>();

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#objects.get(namespace ?? '')?.get(name);
  }

  list(): T[] {
    return [...this.#objects.values()].flatMap((objects) => [...objects.values()]);
  }

  /** An object as it is now. No change when it is known in this resourceVersion; a new uid means that another one of this name was deleted. */
  put(object: T): Change<T>[] {
    const { namespace = '', name = '' } = object.metadata ?? {};
    const objects = this.#objects.get(namespace) ?? new Map<string, T>();
    const before = objects.get(name);
    if (before !== undefined && sameVersion(before, object)) return [];
    this.#objects.set(namespace, objects);
    objects.set(name, object);
    if (before === undefined) return [{ type: 'added', object }];
    if (before.metadata?.uid === object.metadata?.uid) return [{ type: 'updated', object, before }];
    return [
      { type: 'deleted', object: before },
      { type: 'added', object },
    ];
  }

  /** An object that is gone, in its last state. No change when it is not known. */
  remove(object: T): Change<T>[] {
    const { namespace = '', name = '' } = object.metadata ?? {};
    const objects = this.#objects.get(namespace);
    if (objects?.delete(name) !== true) return [];
    if (objects.size === 0) this.#objects.delete(namespace);
    return [{ type: 'deleted', object }];
  }

  /** All there is now: what is known and not among `objects` is gone. Deletions come first. */
  replaceAll(objects: readonly T[]): Change<T>[] {
    const kept = new Set(objects.map(keyOf));
    const gone = this.list().filter((object) => !kept.has(keyOf(object)));
    return [...gone.flatMap((object) => this.remove(object)), ...objects.flatMap((object) => this.put(object))];
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
}

function sameVersion(a: KubeObject, b: KubeObject): boolean {
  const version = a.metadata?.resourceVersion;
  return version !== undefined && version === b.metadata?.resourceVersion && a.metadata?.uid === b.metadata?.uid;
}
