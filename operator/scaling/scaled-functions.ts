/** The cluster as the autoscaler sees it. */
import type { FunctionObject } from '#api/function.ts';
import { namesIn } from '#api/rules/function-key.ts';
import { isControlledBy } from '../function/children.ts';
import { validateFunction } from '../function/validate-function.ts';
import type { Watches } from '../watches/cluster.ts';
import type { ScaledFunction } from './options.ts';

type Seen = Pick<Watches, 'functions' | 'children' | 'awake'>;

interface Statuses {
  /** The Function with the newest status that was written, which the watch may not have shown yet. */
  withStatus(fn: FunctionObject): FunctionObject;
}

/** Those that are awake, and those of `also`, by their keys; without those that are going, or whose spec has mistakes. */
export function scaledFunctions(seen: Seen, statuses: Statuses, also: Iterable<string>): ScaledFunction[] {
  return [...seen.awake.keys().union(new Set(also))].flatMap((key) => scaledFunction(seen, statuses, key) ?? []);
}

function scaledFunction({ functions, children }: Seen, statuses: Statuses, key: string): ScaledFunction | undefined {
  const stored = functions.get(...namesIn(key));
  const checked = stored && validateFunction(stored);
  if (checked === undefined || 'mistakes' in checked) return undefined;
  const fn = statuses.withStatus(checked.fn);
  if (fn.metadata.deletionTimestamp !== undefined) return undefined;
  const own = children.deployments.of(key).filter((deployment) => isControlledBy(deployment, fn));
  const deployments = new Map(own.map((deployment) => [deployment.metadata?.name ?? '', deployment]));
  return { key, fn, deployments };
}
