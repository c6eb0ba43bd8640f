import { LABEL } from '#api/names.ts';
import type { ObjectView } from '#platform/informer/object-view.ts';
import type { Deployment, KubeObject, Pod, Service } from '#platform/kube/resources.ts';

/** Objects of one kind by the function they carry the label of: `<namespace>/<function>`. */
export class FunctionIndex<T extends KubeObject> {
  readonly #view: ObjectView<T>;
  /** Names of objects. Mostly there is one: a list takes three times its memory, and a set thirty times. */
  readonly #byFunction = new Map<string, string | readonly string[]>();

  /** Follows `view` from the start. `onChange` is called with the function's key after the index has the change. */
  constructor(view: ObjectView<T>, onChange: (key: string) => void) {
    this.#view = view;
    view.onChange((change) => {
      if (change.type === 'updated') this.#remove(change.before);
      if (change.type === 'deleted') this.#remove(change.object);
      else this.#add(change.object);
      onChange(childOf(change.object));
    });
  }

  of(key: string): T[] {
    return this.#namesOf(key).flatMap((name) => this.#find(key, name) ?? []);
  }

  get(key: string, name: string): T | undefined {
    return this.#namesOf(key).includes(name) ? this.#find(key, name) : undefined;
  }

  #find(key: string, name: string): T | undefined {
    const found = this.#view.get(key.slice(0, key.indexOf('/')), name);
    // Of several changes at once, the view has all when the index hears of the first.
    return found !== undefined && childOf(found) === key ? found : undefined;
  }

  #namesOf(key: string): readonly string[] {
    const names = this.#byFunction.get(key) ?? [];
    return typeof names === 'string' ? [names] : names;
  }

  #add(object: T): void {
    const key = childOf(object);
    this.#set(key, [...this.#others(key, object), object.metadata?.name ?? '']);
  }

  #remove(object: T): void {
    const key = childOf(object);
    this.#set(key, this.#others(key, object));
  }

  #set(key: string, names: readonly string[]): void {
    const [only] = names;
    if (only === undefined) this.#byFunction.delete(key);
    else this.#byFunction.set(key, names.length === 1 ? only : names);
  }

  #others(key: string, { metadata }: T): string[] {
    return this.#namesOf(key).filter((name) => name !== metadata?.name);
  }
}

/** What functions are made of, as far as the operator has heard. */
export interface Children {
  deployments: FunctionIndex<Deployment>;
  pods: FunctionIndex<Pod>;
  services: FunctionIndex<Service>;
}

/** Key of the function that the object carries the label of. */
export function childOf({ metadata }: KubeObject): string {
  return `${metadata?.namespace}/${metadata?.labels?.[LABEL.function]}`;
}
