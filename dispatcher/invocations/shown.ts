/** Entries of the store as people see them. Pure. */

import type { InvocationState, InvocationStatus, StoredRequest } from '#api/invocations.ts';
import type { ShownInvocation } from '#api/invocations-for-people.ts';
import { readAnswer } from '../store/kept-answer.ts';
import { shownBody, shownHeaders } from '../store/shown-content.ts';
import type { Entry, EntryState, Payload } from '../store/store.ts';

/** Of a body. */
const MOST_SHOWN_BYTES = 256 * 1024;

const STATES: Record<EntryState, InvocationState> = {
  waiting: 'waiting',
  leased: 'running',
  done: 'done',
  buried: 'buried',
  cancelled: 'cancelled',
};

export function entryState(state: InvocationState): EntryState {
  return state === 'running' ? 'leased' : state;
}

export function listed(entry: Entry, nowMs: number): Omit<InvocationStatus, 'response'> {
  const { id, state, attempts, enqueuedAtMs, dueAtMs, expiresAtMs, note } = entry;
  const waitsUntil = state === 'waiting' && dueAtMs !== undefined && dueAtMs > nowMs ? dueAtMs : undefined;
  return {
    id,
    status: STATES[state],
    attempts,
    acceptedAt: moment(enqueuedAtMs),
    ...(expiresAtMs !== undefined && { expiresAt: moment(expiresAtMs) }),
    ...(waitsUntil !== undefined && { nextAttemptAt: moment(waitsUntil) }),
    ...(note !== undefined && { note }),
  };
}

/** @param kept what its settlement gave; what cannot be read is left out */
export function shown(
  entry: Entry,
  { payload, kept, nowMs }: { payload: Payload | undefined; kept: Uint8Array | undefined; nowMs: number },
): ShownInvocation {
  const request = payload && requestOf(payload);
  const response = kept && responseOf(kept);
  return { ...listed(entry, nowMs), ...(request && { request }), ...(response && { response }) };
}

/** Undefined: the gateway that stored it wrote something else. */
function requestOf({ head, body }: Payload): ShownInvocation['request'] {
  return unlessBroken(() => {
    const { method, path, headers } = JSON.parse(Buffer.from(head).toString('utf8')) as StoredRequest;
    return {
      method,
      path,
      headers: shownHeaders(headers),
      ...shownBody(body, { wasCut: false, mostBytes: MOST_SHOWN_BYTES }),
    };
  });
}

function responseOf(kept: Uint8Array): ShownInvocation['response'] {
  return unlessBroken(() => {
    const answer = readAnswer(kept);
    if (answer === undefined) return undefined;
    const { status, headers, truncated } = answer.head;
    return {
      status,
      headers: shownHeaders(headers),
      ...shownBody(answer.body, { wasCut: truncated, mostBytes: MOST_SHOWN_BYTES }),
    };
  });
}

function unlessBroken<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function moment(ms: number): string {
  return new Date(ms).toISOString();
}
