/** Whether what was deployed answers. Pure. */
import { conditionOf } from '#api/conditions.ts';
import type { FunctionObject } from '#api/function.ts';

export type Readiness =
  | { state: 'ready'; reason: string; message: string }
  /** It will not by itself. */
  | { state: 'failed'; reason: string; message: string }
  | { state: 'waiting'; reason: string; message: string };

export interface Wanted {
  /** `metadata.generation` of what was applied. */
  generation: number;
  /** Of code in ConfigMaps: `status.sourceHash` of it. */
  sourceHash: string | undefined;
}

/** What passes by itself: room is found, or a ConfigMap that was just made is seen. */
const PASSING = ['Unschedulable', 'ConfigMapNotFound'];

/** @param fn as it is now; of a later generation it says how that one stands. */
export function readinessOf({ status }: FunctionObject, { generation, sourceHash }: Wanted): Readiness {
  const condition = conditionOf(status, 'Ready');
  if (condition === undefined) return waiting('the operator has not seen it yet: is Catnap running on the cluster?');
  const { reason, message } = condition;
  if (condition.observedGeneration < generation)
    return waiting('the operator has not seen the change yet', condition.reason);
  if (condition.status === 'False' && !PASSING.includes(reason)) return { state: 'failed', reason, message };
  if (condition.status !== 'True') return { state: 'waiting', reason, message };
  if (sourceHash !== undefined && status?.sourceHash !== sourceHash)
    return waiting('the operator has not seen its code yet', condition.reason);
  return { state: 'ready', reason, message };
}

function waiting(message: string, reason = 'Progressing'): Readiness {
  return { state: 'waiting', reason, message };
}
