/** Conditions of built-in workloads. */

interface WorkloadCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  lastUpdateTime?: string;
}

export function conditionOf<C extends WorkloadCondition>(
  conditions: readonly C[] | undefined,
  type: string,
): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** `conditions` with `next` in place. One of equal status and reason stays as it was, message and times included. */
export function withCondition<C extends WorkloadCondition>(conditions: readonly C[], next: C): C[] {
  const before = conditionOf(conditions, next.type);
  if (before?.status === next.status && before.reason === next.reason) return [...conditions];
  const since = before?.status === next.status ? before.lastTransitionTime : next.lastTransitionTime;
  const kept = since === undefined ? next : { ...next, lastTransitionTime: since };
  return [...without(conditions, next.type), kept];
}

export function without<C extends WorkloadCondition>(conditions: readonly C[], type: string): C[] {
  return conditions.filter((condition) => condition.type !== type);
}
