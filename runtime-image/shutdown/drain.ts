/** After SIGTERM a replica goes on taking requests until this long none came: endpoints are updated late, so some still come. */
const QUIET_MS = 500;

/** Time that a leaving replica has beyond the timeout of one request. */
export const GRACE_MS = 10_000;

/** What is left of a request's own time when the grace ends: enough to be answered before the kill. */
const ABORT_BEFORE_KILL_MS = 1_000;

/** What is left of the grace when `dispose` is given up: enough to say so. */
const EXIT_BEFORE_KILL_MS = 250;

/**
 * What a leaving replica does next.
 * - wait: takes requests; look again after `ms`.
 * - finish: the quiet period is over; takes no new connections, finishes what it has.
 * - exit: everything is done.
 */
type DrainStep = { do: 'wait'; ms: number } | { do: 'finish' } | { do: 'exit' };

interface Leaving {
  /** When the signal came, in ms of any clock. */
  sinceMs: number;
  /** When the last request came, on the same clock; may lie before the signal. */
  lastRequestMs: number;
  /** Requests that are not over, and promises given to waitUntil. */
  pending: number;
}

export function nextDrainStep(leaving: Leaving, nowMs: number): DrainStep {
  const quietAtMs = Math.max(leaving.sinceMs, leaving.lastRequestMs) + QUIET_MS;
  if (nowMs < quietAtMs) return { do: 'wait', ms: quietAtMs - nowMs };
  return leaving.pending > 0 ? { do: 'finish' } : { do: 'exit' };
}

/** How long after SIGTERM the requests still running are aborted. undefined: never, they have no time limit. */
export function abortAfterMs(timeoutMs: number): number | undefined {
  return timeoutMs === 0 ? undefined : timeoutMs + GRACE_MS - ABORT_BEFORE_KILL_MS;
}

/** How long after SIGTERM the module's `dispose` is given up. undefined: never, as above. */
export function disposeWithinMs(timeoutMs: number): number | undefined {
  return timeoutMs === 0 ? undefined : timeoutMs + GRACE_MS - EXIT_BEFORE_KILL_MS;
}
