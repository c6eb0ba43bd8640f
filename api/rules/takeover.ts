/** How two revisions of a function stand. */
export interface TakeoverFacts {
  /** Replicas of the newest revision that answer. */
  answering: number;
  /** Those of the revision that takes the traffic. */
  servingAnswering: number;
  /** Most that the function may have. */
  maxReplicas: number;
}

/**
 * Whether the newest revision can take the traffic: as many of its replicas answer as requests have now, one at least.
 * A function at zero, or whose replicas do not answer, has nothing to lose: the first one will do.
 */
export function canTakeOver({ answering, servingAnswering, maxReplicas }: TakeoverFacts): boolean {
  return answering >= Math.max(1, Math.min(servingAnswering, maxReplicas));
}
