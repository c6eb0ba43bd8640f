import { type ConditionType, conditionOf } from '#api/conditions.ts';
import type { FunctionStatus } from '#api/function-status.ts';
import type { EventNote } from '#platform/controller/event-recorder.ts';
import { newIssuerNotes } from './issuer-standing.ts';
import { newMemoryKills } from './memory-kills.ts';

/**
 * What changed from one status to the next that a user wants to find in `kubectl describe`, oldest first. The same
 * change gives the same notes; no change gives none.
 */
export function statusEvents(before: FunctionStatus | undefined, after: FunctionStatus): EventNote[] {
  return [
    ...problems(before, after),
    ...issuerNotes(before, after),
    ...killNotes(before, after),
    ...revisionNotes(before, after),
    ...scaleNotes(before, after),
  ];
}

function problems(before: FunctionStatus | undefined, after: FunctionStatus): EventNote[] {
  const types: ConditionType[] = ['SourceReady', 'RevisionReady', 'RouteReady'];
  return types.flatMap((type): EventNote[] => {
    const now = conditionOf(after, type);
    const then = conditionOf(before, type);
    if (now?.status !== 'False' || (then?.status === 'False' && then.reason === now.reason)) return [];
    return [{ type: 'Warning', reason: now.reason, message: now.message }];
  });
}

/** Of those whose keys the gateways still have: the function is as ready as before. */
function issuerNotes(before: FunctionStatus | undefined, after: FunctionStatus): EventNote[] {
  if (conditionOf(after, 'RouteReady')?.status !== 'True') return [];
  const messageIn = (status: FunctionStatus | undefined) => conditionOf(status, 'RouteReady')?.message ?? '';
  return newIssuerNotes(messageIn(before), messageIn(after)).map((message) => ({
    type: 'Warning',
    reason: 'IssuerUnreachable',
    message,
  }));
}

/** Whether it has answered before or not: a revision that is killed again and again before that is a CrashLoop too. */
function killNotes(before: FunctionStatus | undefined, after: FunctionStatus): EventNote[] {
  const messageIn = (status: FunctionStatus | undefined) => conditionOf(status, 'Active')?.message ?? '';
  return newMemoryKills(messageIn(before), messageIn(after)).map((message) => ({
    type: 'Warning',
    reason: 'OutOfMemory',
    message,
  }));
}

function revisionNotes(before: FunctionStatus | undefined, after: FunctionStatus): EventNote[] {
  const notes: EventNote[] = [];
  const { revision, latestRevision } = after;
  if (latestRevision !== undefined && latestRevision !== before?.latestRevision) {
    notes.push({ type: 'Normal', reason: 'RevisionCreated', message: `${latestRevision} is the newest revision` });
  }
  const failed = conditionOf(after, 'RevisionReady')?.status === 'False';
  const failedBefore =
    conditionOf(before, 'RevisionReady')?.status === 'False' && before?.latestRevision === latestRevision;
  if (failed && !failedBefore && revision !== undefined && revision !== latestRevision) {
    notes.push({
      type: 'Warning',
      reason: 'RolledBack',
      message: `${latestRevision} failed; ${revision} keeps the traffic`,
    });
  }
  if (before?.revision !== undefined && revision !== undefined && revision !== before.revision) {
    notes.push({
      type: 'Normal',
      reason: 'TrafficMoved',
      message: `requests go to ${revision}, no longer to ${before.revision}`,
    });
  }
  return notes;
}

function scaleNotes(before: FunctionStatus | undefined, after: FunctionStatus): EventNote[] {
  const { scaling } = after;
  const desired = scaling?.desired ?? 0;
  const then = before?.scaling?.desired ?? 0;
  if (scaling === undefined || desired === then) return [];
  return [
    {
      type: 'Normal',
      reason: desired > then ? 'ScaledUp' : 'ScaledDown',
      message: `from ${then} to ${desired} replicas: ${scaling.reason ?? ''}`,
    },
  ];
}
