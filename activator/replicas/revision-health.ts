import type { StartFailure } from '#api/rules/start-failure.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import type { Pod } from './known-pod.ts';
import type { Replica } from './replica.ts';

/** How a revision's pods stand. */
export interface RevisionHealth {
  /** Pods there are, answering or not. */
  pods: number;
  /** Those in the rotation. */
  answering: readonly Replica[];
  /** Whether one of them has answered, now or before. */
  answered: boolean;
  /** Why none of them will start; undefined while one answers or still may. */
  failure: GatewayError | undefined;
  /** Why one of them has not started so far, though it still may; undefined where nothing is known to hold one up. */
  heldUpBy: StartFailure | undefined;
  /** Pods that did answer and have not for a while: stuck, or started again and again. Others have to do their work. */
  silent: number;
  /** Pods out of the rotation by a hint of another gateway, for the moment that their own answer takes: most are well. */
  doubted: number;
  /** Since when those are starting that have not answered yet. */
  startingSinceMs: number[];
  /** When to look again, on the same clock: until then pods that failed or fell silent may recover. */
  lookAgainAtMs: number | undefined;
}

/** After a first pod of a revision has failed for good, the others get this long to start. */
const HOPE_MS = 1_000;
/** A replica that answered before is given this long to do so again, enough for a restart, until it counts as silent. */
const SILENT_MS = 1_000;

export const NO_PODS: RevisionHealth = {
  pods: 0,
  answering: [],
  answered: false,
  failure: undefined,
  heldUpBy: undefined,
  silent: 0,
  doubted: 0,
  startingSinceMs: [],
  lookAgainAtMs: undefined,
};

export function healthOf(all: Iterable<Pod>, revision: string | undefined, nowMs: number): RevisionHealth {
  const pods = [...all].filter((pod) => pod.revision === revision);
  if (pods.length === 0) return NO_PODS;
  const answering: Replica[] = [];
  for (const { replica } of pods) if (replica?.answering) answering.push(replica);
  const answered = pods.some(({ replica }) => replica?.answeredAtMs !== undefined);
  const startingSinceMs = pods.flatMap((pod) => pod.startingSinceMs ?? []);
  const counts = { pods: pods.length, answering, answered, startingSinceMs };
  const health: RevisionHealth = { ...NO_PODS, ...counts, ...silence(pods, nowMs) };
  return answering.length > 0 ? health : { ...health, ...failures(pods, health.lookAgainAtMs, nowMs) };
}

function failures(
  pods: readonly Pod[],
  lookAgainAtMs: number | undefined,
  nowMs: number,
): Pick<RevisionHealth, 'failure' | 'heldUpBy' | 'lookAgainAtMs'> {
  const failing = pods.filter(({ failure }) => failure !== undefined).toSorted((a, b) => finalAtMs(a) - finalAtMs(b));
  const [first] = failing;
  if (first?.failure === undefined) return { failure: undefined, heldUpBy: undefined, lookAgainAtMs };
  const final = failing.filter((pod) => finalAtMs(pod) <= nowMs);
  const hopeEndsAtMs = finalAtMs(first) + HOPE_MS;
  if (final.length > 0 && (final.length === pods.length || nowMs >= hopeEndsAtMs)) {
    const { reason, message } = first.failure;
    return { failure: { code: 'RevisionFailed', reason, message }, heldUpBy: undefined, lookAgainAtMs };
  }
  const next = Math.min(
    lookAgainAtMs ?? Number.POSITIVE_INFINITY,
    final.length > 0 ? hopeEndsAtMs : Number.POSITIVE_INFINITY,
    ...failing.map(finalAtMs).filter((atMs) => atMs > nowMs),
  );
  return { failure: undefined, heldUpBy: first.failure, lookAgainAtMs: Number.isFinite(next) ? next : undefined };
}

/** From when on its failure is believed. */
function finalAtMs({ failure, failedAtMs }: Pod): number {
  return (failedAtMs ?? Number.POSITIVE_INFINITY) + (failure?.finalAfterMs ?? 0);
}

function silence(pods: readonly Pod[], nowMs: number): Pick<RevisionHealth, 'silent' | 'doubted' | 'lookAgainAtMs'> {
  let silent = 0;
  let doubted = 0;
  let lookAgainAtMs: number | undefined;
  for (const { replica, isDoubted } of pods) {
    if (replica?.silentSinceMs === undefined) continue;
    const isSilentAtMs = replica.silentSinceMs + SILENT_MS;
    if (nowMs >= isSilentAtMs) {
      silent += 1;
      continue;
    }
    if (isDoubted) doubted += 1;
    lookAgainAtMs = Math.min(isSilentAtMs, lookAgainAtMs ?? isSilentAtMs);
  }
  return { silent, doubted, lookAgainAtMs };
}
