/** A view for tests, of objects that are put and removed by hand. */
import { type Change, ObjectCache } from '#platform/informer/object-cache.ts';
import type { ObjectView } from '#platform/informer/object-view.ts';
import { PackedJson } from '#platform/informer/packed-json.ts';
import type { KubeObject } from '#platform/kube/resources.ts';

export class TestView<T extends KubeObject> implements ObjectView<T> {
  readonly synced = Promise.resolve();
  readonly hasSynced = true;
  readonly #cache = new ObjectCache<T>(new PackedJson());
  readonly #handlers = new Set<(change: Change<T>) => void>();

  put(object: T): void {
    this.#tell(this.#cache.put(object));
  }

  remove(object: T): void {
    this.#tell(this.#cache.remove(object));
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#cache.get(namespace, name);
  }

  has(namespace: string | undefined, name: string): boolean {
    return this.#cache.has(namespace, name);
  }

  list(): T[] {
    return [...this.#cache.each()];
  }

  each(namespace?: string): Iterable<T> {
    return this.#cache.each(namespace);
  }

  names(): ReturnType<ObjectView<T>['names']> {
    return this.#cache.names();
  }

  onChange(handler: (change: Change<T>) => void): () => void {
    for (const object of this.list()) handler({ type: 'added', object });
    return this.onNews(handler);
  }

  onNews(handler: (change: Change<T>) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#handlers.clear();
  }

  #tell(changes: readonly Change<T>[]): void {
    for (const change of changes) for (const handler of this.#handlers) handler(change);
  }
}
