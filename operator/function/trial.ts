import type { FunctionStatus } from '#api/function-status.ts';
import type { RevisionView } from './revision-view.ts';

/** The try of a new revision, as status keeps it until it is over. */
export type Trial = NonNullable<FunctionStatus['trial']>;

export interface TrialInput {
  /** The status before this reconcile. */
  before: FunctionStatus | undefined;
  /** The newest revision; one that was not the newest before is to be tried. */
  latest: RevisionView;
  /** A replica of it is started for another reason. */
  startsAnyway: boolean;
  /** It is known not to start, for good. */
  failed: boolean;
  /** `spec.scaling.tryOnChange`. */
  wanted: boolean;
  /** Asks for one of the cluster's few slots; called only where a pod is to be started for it. */
  takeSlot: () => boolean;
  /** Every gateway sends requests to this revision. */
  routedEverywhere: () => boolean;
  /** Milliseconds since 1970. */
  nowMs: number;
}

export interface TrialStep {
  /** What status keeps; undefined: there is none, or it is over. */
  trial: Trial | undefined;
  /** A replica is to be started for it. */
  start: boolean;
}

/** Longest that a revision that answered waits for a gateway to say that it sends requests there, in milliseconds. */
const ROUTED_WITHIN_MS = 3_000;
/** As long the replica that is tried is kept though no request comes, in milliseconds. */
const KEPT_MS = 600_000;

/**
 * A new revision is started once, so that Ready tells whether it works: it waits for a slot, starts, answers, and is over
 * once all gateways send requests to it, or once it has failed. What was the newest revision before is not tried again: a
 * restart or an upgrade of Catnap tries nothing.
 */
export function nextTrial(input: TrialInput): TrialStep {
  const { latest, failed, wanted, takeSlot, routedEverywhere, nowMs } = input;
  const trial = wanted && !failed ? pendingTrial(input) : undefined;
  if (trial === undefined) return { trial: undefined, start: false };
  const now = new Date(nowMs).toISOString();
  const startedAt = trial.startedAt ?? now;
  if (latest.readyPods > 0) {
    const answeredAt = trial.answeredAt ?? now;
    const isOver = routedEverywhere() || nowMs - Date.parse(answeredAt) >= ROUTED_WITHIN_MS;
    return { trial: isOver ? undefined : { ...trial, startedAt, answeredAt }, start: false };
  }
  const isStarting = input.startsAnyway || latest.wantedReplicas > 0;
  // Once more should the write have failed that was to start it.
  if (trial.startedAt !== undefined) return { trial, start: !isStarting && isYoung(trial.startedAt, nowMs) };
  const start = !isStarting && takeSlot();
  return { trial: isStarting || start ? { ...trial, startedAt } : trial, start };
}

function pendingTrial({ before, latest }: TrialInput): Trial | undefined {
  if (before?.trial?.revision === latest.name) return before.trial;
  return before?.latestRevision === latest.name ? undefined : { revision: latest.name };
}

/** Whether a replica of the function is kept because it is being tried, though no request needs it. */
export function isBeingTried(status: FunctionStatus | undefined, nowMs: number): boolean {
  const { startedAt, answeredAt } = status?.trial ?? {};
  return startedAt !== undefined && answeredAt === undefined && isYoung(startedAt, nowMs);
}

function isYoung(startedAt: string, nowMs: number): boolean {
  return nowMs - Date.parse(startedAt) < KEPT_MS;
}
