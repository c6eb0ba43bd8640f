import type { FunctionObject } from '#api/function.ts';
import { functionKey } from '#api/rules/function-key.ts';
import type { Change } from '#platform/informer/object-cache.ts';
import type { ObjectView } from '#platform/informer/object-view.ts';
import type { Deployment } from '#platform/kube/resources.ts';
import { validateFunction } from '../function/validate-function.ts';
import { childOf } from './child-index.ts';

type Followed<T extends FunctionObject | Deployment> = Pick<ObjectView<T>, 'onChange'>;

/**
 * Which functions have replicas, ask for some, or are said by their status to want some: the few, of thousands, that are
 * worth a look each second. Functions are named by their key.
 */
export class AwakeFunctions {
  /** Those with minReplicas, or a status that wants replicas. */
  readonly #wanting = new Set<string>();
  /** Names of the Deployments with replicas, by the function's key. */
  readonly #running = new Map<string, Set<string>>();

  /** Follows both from the start. */
  constructor(functions: Followed<FunctionObject>, deployments: Followed<Deployment>) {
    functions.onChange((change) => this.#functionChanged(change));
    deployments.onChange((change) => this.#deploymentChanged(change));
  }

  get none(): boolean {
    return this.#wanting.size === 0 && this.#running.size === 0;
  }

  keys(): Set<string> {
    return new Set([...this.#wanting, ...this.#running.keys()]);
  }

  #functionChanged({ type, object }: Change<FunctionObject>): void {
    const key = functionKey(object.metadata.namespace, object.metadata.name);
    if (type !== 'deleted' && wantsReplicas(object)) this.#wanting.add(key);
    else this.#wanting.delete(key);
  }

  #deploymentChanged(change: Change<Deployment>): void {
    if (change.type === 'updated') this.#stopped(change.before);
    if (change.type === 'deleted') this.#stopped(change.object);
    else if (change.object.spec?.replicas) this.#runs(change.object);
  }

  #runs(deployment: Deployment): void {
    const key = childOf(deployment);
    const running = this.#running.get(key) ?? new Set();
    this.#running.set(key, running.add(deployment.metadata?.name ?? ''));
  }

  #stopped(deployment: Deployment): void {
    const key = childOf(deployment);
    const running = this.#running.get(key);
    running?.delete(deployment.metadata?.name ?? '');
    if (running?.size === 0) this.#running.delete(key);
  }
}

function wantsReplicas(stored: FunctionObject): boolean {
  const checked = validateFunction(stored);
  if ('mistakes' in checked || stored.metadata.deletionTimestamp !== undefined) return false;
  const { spec, status } = checked.fn;
  return spec.scaling.minReplicas > 0 || (status?.scaling?.desired ?? 0) > 0;
}
