import { LABEL } from '#api/names.ts';
import type { ObjectView } from '#platform/informer/object-view.ts';
import type { Deployment, KubeObject, Pod, Service } from '#platform/kube/resources.ts';

/** Objects of one kind by the function they carry the label of: `<namespace>/<function>`. */
export class FunctionIndex<T extends KubeObject> {
  /** Mostly one or two: a list takes a tenth of a map's memory. */
  readonly #byFunction = new Map<string, readonly T[]>();

  /** Follows `view` from the start. `onChange` is called with the function's key after the index has the change. */
  constructor(view: ObjectView<T>, onChange: (key: string) => void) {
    view.onChange((change) => {
      if (change.type === 'updated') this.#remove(change.before);
      if (change.type === 'deleted') this.#remove(change.object);
      else this.#add(change.object);
      onChange(functionKeyOf(change.object));
    });
  }

  of(key: string): T[] {
    return [...(this.#byFunction.get(key) ?? [])];
  }

  *all(): Iterable<T> {
    for (const objects of this.#byFunction.values()) yield* objects;
  }

  get(key: string, name: string): T | undefined {
    return this.#byFunction.get(key)?.find(({ metadata }) => metadata?.name === name);
  }

  #add(object: T): void {
    const key = functionKeyOf(object);
    this.#byFunction.set(key, [...this.#others(key, object), object]);
  }

  #remove(object: T): void {
    const key = functionKeyOf(object);
    const others = this.#others(key, object);
    if (others.length > 0) this.#byFunction.set(key, others);
    else this.#byFunction.delete(key);
  }

  #others(key: string, { metadata }: T): T[] {
    return (this.#byFunction.get(key) ?? []).filter((other) => other.metadata?.name !== metadata?.name);
  }
}

/** What functions are made of, as far as the operator has heard. */
export interface Children {
  deployments: FunctionIndex<Deployment>;
  pods: FunctionIndex<Pod>;
  services: FunctionIndex<Service>;
}

function functionKeyOf({ metadata }: KubeObject): string {
  return `${metadata?.namespace}/${metadata?.labels?.[LABEL.function]}`;
}
