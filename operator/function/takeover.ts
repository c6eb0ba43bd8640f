import { canTakeOver } from '#api/rules/takeover.ts';
import type { Failure } from './revision-failure.ts';
import type { RevisionView } from './revision-view.ts';

/** How far the newest revision is on its way to the traffic of the one that serves. */
export interface Takeover {
  complete: boolean;
  /**
   * Most replicas that the one that serves may have meanwhile, at least 1: it makes room for the newest, step by step, where
   * there is none for both. Undefined: it has as many as it needs.
   */
  atMost?: number;
  /** When to look again, in milliseconds. */
  againInMs?: number;
}

/** What there may be too little of for two revisions side by side. */
const ROOM = ['QuotaExceeded', 'Unschedulable'];
/** After this long with a first replica that answers, half of what is needed will do: one may never start on a bad node. */
const PATIENCE_MS = 300_000;

/**
 * The newest revision takes over once as many of its replicas answer as of the one that serves. Where a quota or the nodes
 * do not hold both, the one that serves gives up one replica more than the newest has, until they meet in the middle; the
 * last one it keeps.
 */
export function takeover(
  newest: RevisionView,
  serving: RevisionView | undefined,
  { maxReplicas, nowMs }: { maxReplicas: number; nowMs: number },
): Takeover {
  const answering = newest.readyPods;
  const servingAnswering = Math.min(serving?.readyPods ?? 0, serving?.wantedReplicas ?? 0);
  if (canTakeOver({ answering, servingAnswering, maxReplicas })) return { complete: true };
  if (lacksRoom(newest)) {
    if (servingAnswering <= 1) return { complete: false };
    return { complete: false, atMost: Math.max(1, answering, newest.wantedReplicas - answering - 1) };
  }
  if (newest.shortfall !== undefined || newest.readySinceMs === undefined) return { complete: false };
  const leftMs = newest.readySinceMs + PATIENCE_MS - nowMs;
  if (leftMs > 0) return { complete: false, againInMs: leftMs };
  return { complete: canTakeOver({ answering, servingAnswering: Math.ceil(servingAnswering / 2), maxReplicas }) };
}

/**
 * Why the newest revision does not get on beside one that serves; where others make room for it, it waits, and that is no end.
 * @param othersGo revisions besides the two still have replicas, which end.
 */
export function takeoverFailure(
  newest: RevisionView,
  serving: RevisionView | undefined,
  othersGo: boolean,
): Failure | undefined {
  const failure = newest.failure ?? newest.shortfall;
  const willHaveRoom = lacksRoom(newest) && (othersGo || (serving?.readyPods ?? 0) > 1);
  const goesOn = newest.failure === undefined || willHaveRoom;
  return failure && goesOn ? { ...failure, terminal: false } : failure;
}

/** There is no room for all of the replicas that it is to have. */
export function lacksRoom({ failure, shortfall, wantedReplicas }: RevisionView): boolean {
  return wantedReplicas > 0 && ROOM.includes((failure ?? shortfall)?.reason ?? '');
}
