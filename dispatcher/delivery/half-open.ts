/** What is left alone for a while after it failed: a function that has no room, a gateway that cannot be reached. */
export interface Pause {
  /** Failures in a row, at least 1. */
  failures: number;
  /** Since the last of them. */
  sinceMs: number;
  /** When the next probe may be made. */
  untilMs: number;
  /** Between this probe and the next one. */
  delayMs: number;
}

export interface PausePolicy {
  /** After the first failure; it doubles with each further one. */
  firstMs: number;
  maxMs: number;
  /** Most that a Retry-After is waited for. */
  maxAskedMs: number;
}

export interface Failure {
  /** When what failed was begun: what began before the pause says nothing new. */
  begunAtMs: number;
  nowMs: number;
  /** What a Retry-After asks for. */
  askedMs?: number | undefined;
}

/**
 * Half-open circuit breaker. While there is a pause one probe is let through each time its delay is over, whatever has become of the one
 * before, so that one that takes long holds up nothing; any success ends the pause.
 */
export function failed(
  pause: Pause | undefined,
  { begunAtMs, nowMs, askedMs = 0 }: Failure,
  policy: PausePolicy,
): Pause {
  if (pause !== undefined && begunAtMs <= pause.sinceMs) return pause;
  const failures = (pause?.failures ?? 0) + 1;
  const doubled = Math.min(policy.maxMs, policy.firstMs * 2 ** Math.min(failures - 1, 30));
  const delayMs = Math.max(doubled, Math.min(askedMs, policy.maxAskedMs));
  return { failures, sinceMs: nowMs, untilMs: nowMs + delayMs, delayMs };
}

/** How many may be begun now: all, one probe, or none. */
export function allowed(pause: Pause | undefined, nowMs: number): number {
  if (pause === undefined) return Number.POSITIVE_INFINITY;
  return nowMs >= pause.untilMs ? 1 : 0;
}

/** After one was begun at `nowMs`. */
export function probed(pause: Pause, nowMs: number): Pause {
  return { ...pause, untilMs: nowMs + pause.delayMs };
}
