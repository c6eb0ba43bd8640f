import { LABEL } from '#api/names.ts';
import type { ObjectView } from '#platform/object-view.ts';
import type { Deployment, KubeObject, Pod, Service } from '#platform/resources.ts';

/** Objects of one kind by the function they carry the label of: `<namespace>/<function>`. */
export class FunctionIndex<T extends KubeObject> {
  readonly #byFunction = new Map<string, Map<string, T>>();

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
    return [...(this.#byFunction.get(key)?.values() ?? [])];
  }

  get(key: string, name: string): T | undefined {
    return this.#byFunction.get(key)?.get(name);
  }

  #add(object: T): void {
    const key = functionKeyOf(object);
    const objects = this.#byFunction.get(key) ?? new Map<string, T>();
    objects.set(object.metadata?.name ?? '', object);
    this.#byFunction.set(key, objects);
  }

  #remove(object: T): void {
    const key = functionKeyOf(object);
    const objects = this.#byFunction.get(key);
    objects?.delete(object.metadata?.name ?? '');
    if (objects?.size === 0) this.#byFunction.delete(key);
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
