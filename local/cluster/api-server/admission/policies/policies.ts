/** The policies that are in force. */
import type { KubeObject } from '../../../objects/kind-schema.ts';
import { fieldsOf, textOf } from '../../resources/fields.ts';
import type { Store } from '../../store/store.ts';
import { type CompiledPolicy, compilePolicy } from './expressions.ts';

const GROUP = 'admissionregistration.k8s.io';
const POLICIES = `validatingadmissionpolicies.${GROUP}`;
const BINDINGS = `validatingadmissionpolicybindings.${GROUP}`;

export interface PolicyInForce {
  policy: KubeObject;
  bindings: readonly KubeObject[];
}

/** Policies with their bindings, put together anew by the first look after a change of one; compiled when first used. */
export class Policies implements Disposable {
  readonly #store: Store;
  readonly #stops: (() => void)[];
  readonly #compiled = new WeakMap<KubeObject, CompiledPolicy>();
  #inForce: readonly PolicyInForce[] | undefined;

  constructor(store: Store) {
    this.#store = store;
    this.#stops = [POLICIES, BINDINGS].map((bucket) =>
      store.listen(bucket, () => {
        this.#inForce = undefined;
      }),
    );
  }

  [Symbol.dispose](): void {
    for (const stop of this.#stops) stop();
  }

  /** By name. A policy without a binding is in force nowhere. */
  inForce(): readonly PolicyInForce[] {
    this.#inForce ??= this.#put();
    return this.#inForce;
  }

  compiled(policy: KubeObject): CompiledPolicy {
    let compiled = this.#compiled.get(policy);
    if (compiled === undefined) {
      compiled = compilePolicy(fieldsOf(policy, 'spec'));
      this.#compiled.set(policy, compiled);
    }
    return compiled;
  }

  #put(): PolicyInForce[] {
    const bindings = this.#store.list(BINDINGS, '').map(({ object }) => object);
    return this.#store.list(POLICIES, '').flatMap(({ object: policy }) => {
      const own = bindings.filter(
        (binding) => textOf(fieldsOf(binding, 'spec'), 'policyName') === policy.metadata.name,
      );
      return own.length === 0 ? [] : [{ policy, bindings: own }];
    });
  }
}
