import type { FunctionStatus } from '#api/function-status.ts';
import { OVERTAKEN_MAX } from '#api/names.ts';
import type { RevisionView } from './revision-view.ts';
import { lacksRoom } from './takeover.ts';

/** A revision that a newer one overtook before it had the traffic. */
export type Overtaken = NonNullable<FunctionStatus['overtaken']>[number];

/** The revisions as status kept them when last looked. */
export interface OvertakenBefore {
  /** `status.overtaken`; undefined: none. */
  overtaken: readonly Overtaken[] | undefined;
  /** `status.latestRevision`. */
  latest: string | undefined;
}

/** As long one may take to answer once a newer one is there, in milliseconds: what hangs does not run for ever. */
const KEPT_MS = 300_000;

/**
 * The revisions between the one that had the traffic and the newest which are still worth waiting for, oldest first. Changes
 * may come faster than a start takes: were each of these stopped for the next, none would ever answer, and were the last
 * change broken, requests would go back to what was there before all of them.
 *
 * Of many, the oldest and the last stay: the oldest, for it answers first, so that some version gets on however long changes
 * keep coming; the last, for it is what there was before the newest.
 */
export function overtakenRevisions(
  revisions: readonly RevisionView[],
  { latest, before, nowMs }: { latest: string; before: OvertakenBefore; nowMs: number },
): Overtaken[] {
  const known = before.overtaken ?? [];
  const since = new Date(nowMs).toISOString();
  const all =
    before.latest === undefined || before.latest === latest ? known : [...known, { revision: before.latest, since }];
  const newest = revisions.find(({ name }) => name === latest);
  const needsRoom = newest !== undefined && lacksRoom(newest);
  const stay = all.filter(({ revision, since }, index) => {
    const isRepeated = all.slice(index + 1).some((later) => later.revision === revision);
    const view = revisions.find(({ name }) => name === revision);
    if (revision === latest || isRepeated || needsRoom || view === undefined) return false;
    return isOnItsWay(view) && nowMs - Date.parse(since) < KEPT_MS;
  });
  return stay.length <= OVERTAKEN_MAX ? stay : [...stay.slice(0, 1), ...stay.slice(1 - OVERTAKEN_MAX)];
}

/** Those that are newer than the one that takes traffic; none once that is the newest and answered. */
export function stillOvertaken(
  overtaken: readonly Overtaken[],
  { serving, isSettled }: { serving: string; isSettled: boolean },
): Overtaken[] {
  if (isSettled) return [];
  return overtaken.slice(overtaken.findIndex(({ revision }) => revision === serving) + 1);
}

/** Those that are kept running while no request needs any revision. */
export function keptOvertaken(status: FunctionStatus | undefined, nowMs: number): string[] {
  const young = (status?.overtaken ?? []).filter(({ since }) => nowMs - Date.parse(since) < KEPT_MS);
  return young.map(({ revision }) => revision);
}

function isOnItsWay({ wantedReplicas, failure }: RevisionView): boolean {
  return wantedReplicas > 0 && failure?.terminal !== true;
}
