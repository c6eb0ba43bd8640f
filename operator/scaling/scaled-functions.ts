/** The cluster as the autoscaler sees it. */
import type { FunctionObject } from '#api/function.ts';
import { functionKey } from '#api/rules/function-key.ts';
import { isControlledBy } from '../function/children.ts';
import { validateFunction } from '../function/validate-function.ts';
import type { Watches } from '../watches/cluster.ts';
import type { ScaledFunction } from './autoscaler.ts';

type Seen = Pick<Watches, 'functions' | 'children'>;

interface Statuses {
  /** The Function with the newest status that was written, which the watch may not have shown yet. */
  withStatus(fn: FunctionObject): FunctionObject;
}

/** Without those that are going, or whose spec has mistakes. */
export function scaledFunctions({ functions, children }: Seen, statuses: Statuses): ScaledFunction[] {
  return functions.list().flatMap((stored) => {
    const checked = validateFunction(stored);
    if ('mistakes' in checked || stored.metadata.deletionTimestamp !== undefined) return [];
    const fn = statuses.withStatus(checked.fn);
    const key = functionKey(fn.metadata.namespace, fn.metadata.name);
    const own = children.deployments.of(key).filter((deployment) => isControlledBy(deployment, fn));
    return [{ key, fn, deployments: new Map(own.map((deployment) => [deployment.metadata?.name ?? '', deployment])) }];
  });
}

/** Whether no function has replicas or asks for some. Makes no objects: it is asked each second, of thousands. */
export function allAsleep({ functions, children }: Seen): boolean {
  for (const stored of functions.list()) {
    const checked = validateFunction(stored);
    if ('fn' in checked && checked.fn.spec.scaling.minReplicas > 0) return false;
  }
  for (const { spec } of children.deployments.all()) if (spec?.replicas) return false;
  return true;
}
