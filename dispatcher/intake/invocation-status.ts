import type { InvocationState, InvocationStatus } from '#api/invocations.ts';
import { readAnswer } from '../store/kept-answer.ts';
import type { Entry, EntryState } from '../store/store.ts';

/** What those that ask are told of a state of the store. */
export function toState(state: EntryState): InvocationState {
  return state === 'leased' ? 'running' : state;
}

export function isOpen({ state }: Entry): boolean {
  return state === 'waiting' || state === 'leased';
}

/**
 * How an invocation goes, and the body of its answer.
 * @param result what the store keeps of it
 * @param nowMs since 1970
 */
export function statusOf(
  entry: Entry,
  result: Uint8Array | undefined,
  nowMs: number,
): { status: InvocationStatus; body: Uint8Array | undefined } {
  const { id, state, attempts, enqueuedAtMs, expiresAtMs, dueAtMs, note } = entry;
  const answer = result && readAnswer(result);
  const isLater = state === 'waiting' && dueAtMs !== undefined && dueAtMs > nowMs;
  const status: InvocationStatus = {
    id,
    status: toState(state),
    attempts,
    acceptedAt: timeOf(enqueuedAtMs),
    ...(expiresAtMs !== undefined && { expiresAt: timeOf(expiresAtMs) }),
    ...(isLater && { nextAttemptAt: timeOf(dueAtMs) }),
    ...(note !== undefined && { note }),
    ...(answer && { response: answer.head }),
  };
  return { status, body: answer?.body };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
