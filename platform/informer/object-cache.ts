/** What an informer knows, and what changes when it learns something. */
import type { KubeObject } from '../kube/resources.ts';

/** `namespace` is empty for cluster-scoped kinds. */
export interface ObjectName {
  namespace: string;
  name: string;
}

/** How objects are held in memory while nothing reads them. */
export interface Packing<T> {
  pack(object: T): string;
  /** A new object that equals the packed one, which has that name and namespace. */
  unpack(packed: string, named: ObjectName): T;
}

/** `object` is the newest state; for `deleted` the last one seen. Objects are never changed in place, nor may they be by readers. */
export type Change<T> =
  | { type: 'added'; object: T }
  | { type: 'updated'; object: T; before: T }
  | { type: 'deleted'; object: T };

/**
 * Objects of one kind by namespace and name. Every method that changes it returns exactly what is different now. With a
 * packing, objects are held packed, and each that is read is a new one, equal to what was put.
 */
export class ObjectCache<T extends KubeObject> {
  /** By namespace, then by name: the objects' own strings, of which a joined key would be one more for each object. */
  readonly #objects = new Map<string, Map<string, T | string>>();
  readonly #packing: Packing<T> | undefined;

  /** Without `packing` objects are held as they are. */
  constructor(packing?: Packing<T>) {
    this.#packing = packing;
  }

  get(namespace: string | undefined, name: string): T | undefined {
    const held = this.#objects.get(namespace ?? '')?.get(name);
    return held === undefined ? undefined : this.#whole(held, { namespace: namespace ?? '', name });
  }

  has(namespace: string | undefined, name: string): boolean {
    return this.#objects.get(namespace ?? '')?.has(name) === true;
  }

  /** One after the other, of `namespace` or of all. Not to be changed meanwhile. */
  *each(namespace?: string): Iterable<T> {
    for (const of of namespace === undefined ? this.#objects.keys() : [namespace]) {
      for (const [name, held] of this.#objects.get(of) ?? []) yield this.#whole(held, { namespace: of, name });
    }
  }

  names(): ObjectName[] {
    return [...this.#objects].flatMap(([namespace, objects]) =>
      [...objects.keys()].map((name) => ({ namespace, name })),
    );
  }

  /** An object as it is now. No change when it is known in this resourceVersion; a new uid means that another one of this name was deleted. */
  put(object: T): Change<T>[] {
    const { namespace = '', name = '' } = object.metadata ?? {};
    const objects = this.#objects.get(namespace) ?? new Map<string, T | string>();
    const before = this.get(namespace, name);
    if (before !== undefined && sameVersion(before, object)) return [];
    this.#objects.set(namespace, objects);
    objects.set(name, this.#packing?.pack(object) ?? object);
    if (before === undefined) return [{ type: 'added', object }];
    if (before.metadata?.uid === object.metadata?.uid) return [{ type: 'updated', object, before }];
    return [
      { type: 'deleted', object: before },
      { type: 'added', object },
    ];
  }

  /** An object that is gone, in its last state. No change when it is not known. */
  remove(object: T): Change<T>[] {
    return this.#removed(object.metadata ?? {}) ? [{ type: 'deleted', object }] : [];
  }

  /** All there is now: what is known and not among `objects` is gone. Deletions come first. */
  replaceAll(objects: readonly T[]): Change<T>[] {
    return [...this.keepOnly(objects.map(nameOf)), ...objects.flatMap((object) => this.put(object))];
  }

  /** What is not among `names` is gone. */
  keepOnly(names: readonly ObjectName[]): Change<T>[] {
    const kept = new Set(names.map(keyOf));
    return this.names()
      .filter((name) => !kept.has(keyOf(name)))
      .flatMap((name) => this.#removeNamed(name));
  }

  #removeNamed({ namespace, name }: ObjectName): Change<T>[] {
    const object = this.get(namespace, name);
    return object === undefined ? [] : this.remove(object);
  }

  #removed({ namespace = '', name = '' }: Partial<ObjectName>): boolean {
    const objects = this.#objects.get(namespace);
    if (objects?.delete(name) !== true) return false;
    if (objects.size === 0) this.#objects.delete(namespace);
    return true;
  }

  #whole(held: T | string, named: ObjectName): T {
    if (typeof held !== 'string') return held;
    return (this.#packing as Packing<T>).unpack(held, named);
  }
}

export function nameOf({ metadata }: KubeObject): ObjectName {
  return { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' };
}

function keyOf({ namespace, name }: ObjectName): string {
  return `${namespace}/${name}`;
}

function sameVersion(a: KubeObject, b: KubeObject): boolean {
  const version = a.metadata?.resourceVersion;
  return version !== undefined && version === b.metadata?.resourceVersion && a.metadata?.uid === b.metadata?.uid;
}
