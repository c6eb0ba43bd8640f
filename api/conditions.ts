/** Conditions of a Function and the reasons each may carry: a wrong pairing does not compile. */

/** Why a revision cannot start. */
export const REVISION_FAILURES = [
  'CrashLoop',
  'ContainerStartFailed',
  'ImagePullFailed',
  'SecretNotFound',
  'ConfigMapNotFound',
  'QuotaExceeded',
  'Unschedulable',
  'InvalidPodTemplate',
] as const;
export type RevisionFailure = (typeof REVISION_FAILURES)[number];

/** Why the source cannot be made into a bundle. */
/** What only a compile finds out; a result with another reason counts as none. */
export const COMPILE_FAILURES = ['CompileFailed', 'HandlerNotFound'] as const;
export type SourceFailure = (typeof COMPILE_FAILURES)[number] | 'ConfigMapNotFound';

/**
 * Why a gateway lets no request through to the function, what its policies say cannot be understood; or none with a token
 * of an issuer that does not give its keys.
 */
type PolicyFailure = 'PolicyInvalid';

/** Why a route does not lead to its function: it can be nobody's, or it is another one's. */
export type RouteFailure = 'InvalidRoute' | 'RouteConflict';

interface Reasons {
  /** Summary: the reason of what is wrong, or how the function stands. */
  Ready:
    | 'Ready'
    | 'ScaledToZero'
    | 'Untried'
    | 'Progressing'
    | SourceFailure
    | RevisionFailure
    | 'NameTaken'
    | RouteFailure
    | PolicyFailure;
  /** The source compiles and exports the handler. */
  SourceReady: 'Ready' | 'Progressing' | SourceFailure;
  /** The newest revision answers (True), failed (False), or was not tried yet (Unknown). */
  RevisionReady: 'Ready' | 'ScaledToZero' | 'Untried' | 'Progressing' | RevisionFailure | 'NameTaken';
  /** Its addresses lead to it, and its policies can be kept to. */
  RouteReady: 'Ready' | 'Progressing' | 'NameTaken' | RouteFailure | PolicyFailure;
  /** It has replicas (True) or sleeps (False). */
  Active: 'Ready' | 'ScaledToZero' | 'Progressing';
}
export type ConditionType = keyof Reasons;

export type Condition = {
  [T in ConditionType]: {
    type: T;
    status: 'True' | 'False' | 'Unknown';
    reason: Reasons[T];
    message: string;
    observedGeneration: number;
    /** RFC 3339, whole seconds. */
    lastTransitionTime: string;
  };
}[ConditionType];

/** How the work stands that nobody waits for: the dispatcher's, of functions that have or had any. It says nothing of a generation of the spec. */
export interface AsyncCondition {
  type: 'Async';
  /** False: some was given up. */
  status: 'True' | 'False';
  reason: 'NothingBuried' | 'Buried';
  message: string;
  /** RFC 3339, whole seconds. */
  lastTransitionTime: string;
}

/** The condition of the operator's of this type. */
export function conditionOf<T extends ConditionType>(
  status: { conditions?: readonly (Condition | AsyncCondition)[] } | undefined,
  type: T,
): Extract<Condition, { type: T }> | undefined {
  const found = status?.conditions?.find((one) => one.type === type);
  return found as Extract<Condition, { type: T }> | undefined;
}

/** `conditions` with `next` in place; `lastTransitionTime` moves only when the status changes. */
export function withCondition(conditions: readonly Condition[], next: Condition): Condition[] {
  const before = conditions.find((c) => c.type === next.type);
  const since = before?.status === next.status ? before.lastTransitionTime : next.lastTransitionTime;
  return [...conditions.filter((c) => c.type !== next.type), { ...next, lastTransitionTime: since }];
}
