import { REVISION_FAILURES } from '#api/conditions.ts';
import type { FunctionStatus } from '#api/function-status.ts';
import { mendsItself, retryAfterMs } from '#api/rules/start-retry.ts';
import { type Overtaken, type OvertakenBefore, overtakenRevisions, stillOvertaken } from './overtaken.ts';
import type { Failure } from './revision-failure.ts';
import type { RevisionView } from './revision-view.ts';
import { takeover, takeoverFailure } from './takeover.ts';

/** What was decided about the newest revision before, as status keeps it. */
export interface KnownFailure {
  /** The revision that failed. */
  revision: string;
  failure: Failure;
  /** How often it has failed, and when it last did, in milliseconds since 1970. */
  count: number;
  lastMs: number;
  /** It is being started again. */
  retrying: boolean;
}

/** The newest revision's failure as `status` keeps it: it outlives the pods that told of it. */
export function knownFailure(status: FunctionStatus | undefined): KnownFailure | undefined {
  const condition = status?.conditions?.find((one) => one.type === 'RevisionReady');
  const reason = REVISION_FAILURES.find((one) => one === condition?.reason);
  if (condition === undefined || reason === undefined || status?.latestRevision === undefined) return undefined;
  const failure = { reason, message: condition.message, terminal: condition.status === 'False' };
  const { count = 1, lastTime = condition.lastTransitionTime, retrying = false } = status.failedStarts ?? {};
  return { revision: status.latestRevision, failure, count, lastMs: Date.parse(lastTime), retrying };
}

export interface RolloutInput {
  revisions: readonly RevisionView[];
  /** The newest revision made from the spec. */
  latest: string;
  /** `status.revision`: the one that took traffic when last looked. */
  servingBefore: string | undefined;
  /** Undefined: nothing was known of the function's revisions. */
  before?: OvertakenBefore;
  knownFailure: KnownFailure | undefined;
  maxReplicas: number;
  nowMs: number;
}

export interface Rollout {
  /** The revision that takes traffic. */
  serving: string;
  /** Why the newest revision does not start; it stays so until the spec changes or it is tried again. */
  failure: Failure | undefined;
  /** How often the newest revision has failed to start; undefined: it has not. */
  failedStarts: FunctionStatus['failedStarts'];
  /** Revisions that answer and were not known to have done so. */
  firstAnswers: string[];
  /** Revisions between the two that are still starting; they keep the replicas that they have. */
  overtaken: Overtaken[];
  /** Whether the newest revision is to run beside the one that takes traffic; false: it goes to zero. */
  latestStarts: boolean;
  /** Revisions to delete: none of them has a pod. */
  obsolete: string[];
  /** Most replicas that `serving` may have until the newest takes over; see takeover. */
  atMost?: number;
  /** When to look again, in milliseconds. */
  againInMs?: number;
}

/** Revisions that are kept for going back, besides the one that takes traffic and the newest. */
const OLD_REVISIONS_KEPT = 2;
const NOTHING_BEFORE: OvertakenBefore = { overtaken: undefined, latest: undefined };

/**
 * Moves a function from one revision to the next. The newest one starts beside the one that takes traffic, at zero with
 * the next request; it takes over as soon as as many of its replicas are ready, and until then the other keeps its own.
 * When it fails for good before that, it goes to zero and the other keeps the traffic. Without another, it is left to
 * the autoscaler. One that was starting when a newer one was made goes on, and has the traffic from its first answer to
 * that of a newer one.
 */
export function planRollout(input: RolloutInput): Rollout {
  const { revisions, latest, before = NOTHING_BEFORE, nowMs } = input;
  const onTheirWay = overtakenRevisions(revisions, { latest, before, nowMs });
  const { serving, atMost, againInMs } = traffic(input, onTheirWay);
  const failure = latestFailure(input, serving);
  const isSettled = serving === latest && find(revisions, latest)?.answered === true;
  return {
    serving,
    failure,
    overtaken: stillOvertaken(onTheirWay, { serving, isSettled }),
    failedStarts: failure?.terminal ? failedStarts(input) : undefined,
    firstAnswers: revisions.filter(answersForTheFirstTime).map((revision) => revision.name),
    latestStarts: failure?.terminal !== true || mayRetry(input),
    obsolete: obsoleteRevisions(revisions, serving, latest),
    ...(atMost !== undefined && { atMost }),
    ...(againInMs !== undefined && { againInMs }),
  };
}

function find(revisions: readonly RevisionView[], name: string | undefined): RevisionView | undefined {
  return revisions.find((revision) => revision.name === name);
}

function answersForTheFirstTime(revision: RevisionView): boolean {
  return revision.readyPods > 0 && !revision.answeredBefore;
}

function traffic(
  input: RolloutInput,
  overtaken: readonly Overtaken[],
): Pick<Rollout, 'serving' | 'atMost' | 'againInMs'> {
  const { revisions, latest } = input;
  const newest = find(revisions, latest);
  const before = revisionBefore(input);
  if (before === latest && newest?.answered) return { serving: latest };
  const hasTakenOver = overtaken.findLast(({ revision }) => {
    const view = find(revisions, revision);
    return view !== undefined && takeover(view, find(revisions, before), input).complete;
  });
  const serving = hasTakenOver?.revision ?? before;
  if (newest === undefined || serving === latest) return { serving };
  const { complete, ...rest } = takeover(newest, find(revisions, serving), input);
  return complete ? { serving: latest } : { serving, ...rest };
}

/** The one that takes traffic until the newest takes over: the one before, if that ever answered or is about to. */
function revisionBefore({ revisions, latest, servingBefore }: RolloutInput): string {
  const before = find(revisions, servingBefore);
  // One that is still starting may be about to answer; it is not given up for one that may never do.
  const starting = before !== undefined && before.pods > 0 && before.failure === undefined;
  if (before !== undefined && (before.answered || starting)) return before.name;
  // Its Deployment is gone, or it never answered: the last one that did.
  const answered = revisions.filter((revision) => revision.answered).sort((a, b) => b.sinceMs - a.sinceMs);
  return answered[0]?.name ?? latest;
}

/** What is seen, else what was known: it stays so, asleep too, until a start succeeds or the spec changes. */
function latestFailure({ revisions, latest, knownFailure }: RolloutInput, serving: string): Failure | undefined {
  const newest = find(revisions, latest);
  const othersGo = revisions.some((one) => one.name !== latest && one.name !== serving && isStarted(one));
  const seen =
    serving === latest || newest === undefined
      ? newest?.failure
      : takeoverFailure(newest, find(revisions, serving), othersGo);
  if (seen !== undefined || (newest?.readyPods ?? 0) > 0) return seen;
  return knownFailure?.revision === latest ? knownFailure.failure : undefined;
}

function failedStarts({ revisions, latest, knownFailure, nowMs }: RolloutInput): FunctionStatus['failedStarts'] {
  const view = find(revisions, latest);
  const known = knownFailure?.revision === latest && knownFailure.failure.terminal ? knownFailure : undefined;
  const isNews = view?.failure !== undefined && (known === undefined || known.retrying);
  const lastTime = new Date(isNews ? nowMs : (known?.lastMs ?? nowMs)).toISOString();
  const count = (known?.count ?? 0) + (isNews ? 1 : 0);
  return { count, lastTime, ...(view?.failure === undefined && isStarted(view) && { retrying: true }) };
}

function isStarted(view: RevisionView | undefined): boolean {
  return view !== undefined && (view.wantedReplicas > 0 || view.pods > 0);
}

/** Whether the newest revision, which failed beside one that can take its place, may be left to start again. */
function mayRetry({ revisions, latest, knownFailure, nowMs }: RolloutInput): boolean {
  if (find(revisions, latest)?.failure !== undefined || knownFailure?.revision !== latest) return false;
  const { failure, retrying, lastMs, count } = knownFailure;
  const othersSleep = revisions.every((one) => one.name === latest || !isStarted(one));
  const isDue = othersSleep && nowMs - lastMs >= retryAfterMs(failure.reason, count);
  return mendsItself(failure.reason) && (retrying || isDue);
}

/** The oldest ones at zero; of those that never answered, none is worth going back to before those that did. */
function obsoleteRevisions(revisions: readonly RevisionView[], serving: string, latest: string): string[] {
  return revisions
    .filter(({ name }) => name !== serving && name !== latest)
    .sort((a, b) => Number(b.answered) - Number(a.answered) || b.sinceMs - a.sinceMs)
    .slice(OLD_REVISIONS_KEPT)
    .filter((revision) => revision.wantedReplicas === 0 && revision.pods === 0)
    .map((revision) => revision.name);
}
